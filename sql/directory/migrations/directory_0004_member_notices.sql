-- Persons at partner firms are reference data too: nodes that keep them hear of each change.
-- depends: directory_0003_reporting

-- migrate: apply

CREATE TRIGGER member_inserted AFTER INSERT ON member REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION notify_changed('members', 'id');

CREATE TRIGGER member_updated AFTER UPDATE ON member REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION notify_changed('members', 'id');

CREATE TRIGGER member_deleted AFTER DELETE ON member REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION notify_changed('members', 'id');

-- migrate: rollback

DROP TRIGGER member_deleted ON member;

DROP TRIGGER member_updated ON member;

DROP TRIGGER member_inserted ON member;
