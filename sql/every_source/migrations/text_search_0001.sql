-- Search that ignores width, kana type and case, the same in every source.
-- depends:

-- migrate: apply

-- Shared by the schemas of one database, hence in public and only once.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

-- What a text is searched by: NFKC (width, half-width kana with their marks), katakana as hiragana, lower case,
-- one space for any run of white space. Then each character twice: an index of trigrams finds nothing for a word of
-- two characters, and in Japanese those are the rule (東京, 山田, 会計); written twice they are four.
-- Containment is unchanged by the doubling: an occurrence at an odd offset needs equal neighbours, and then there is one
-- at an even offset too.
-- translate() compares each character with its list from the start, and what is not in it with all of the list. The characters
-- at the head stand for themselves: they are the most frequent in names and numbers, and found at once they halve the time.
CREATE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
    translate(
        lower(btrim(regexp_replace(normalize(value, NFKC), '\s+', ' ', 'g'))),
        ' 0123456789|株式会社有限ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶヽヾ',
        ' 0123456789|株式会社有限ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖゝゞ'
    ),
    '(.)', '\1\1', 'g'
);

-- The LIKE pattern that finds `value` anywhere in a folded text: wildcards in it stand for themselves.
CREATE FUNCTION fold_pattern(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN '%' || regexp_replace(fold(value), '([\\%_])', '\\\1', 'g') || '%';

-- migrate: rollback

DROP FUNCTION fold_pattern(text);

DROP FUNCTION fold(text);
