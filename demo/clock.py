"""The time of the demo data: working days and hours in Tokyo, all of them before the day the data is made for."""

import datetime

SECONDS_OF_DAY = 86_400
WEEKS = 157
"""How far back the programme's engagements go: three years."""

WORKDAYS_OF_WEEK = 5
_OFFICE_OPENS = 9 * 3600
_OFFICE_SECONDS = 9 * 3600
_TOKYO_AHEAD_OF_UTC = datetime.timedelta(hours=9)


class Clock:
    """Counts working days (Monday to Friday) from a Monday three years before `as_of`, and seconds from its midnight.

    A time is a number of seconds since that midnight in Tokyo (which has no summer time), so that times are compared
    and added as plain numbers; `moment` and `date` turn them into what the database takes.
    """

    def __init__(self, as_of: datetime.date) -> None:
        self.as_of = as_of
        monday = as_of - datetime.timedelta(days=as_of.weekday())
        self.first_day = monday - datetime.timedelta(weeks=WEEKS)
        self._origin = datetime.datetime.combine(self.first_day, datetime.time(), datetime.UTC) - _TOKYO_AHEAD_OF_UTC
        # Monday's last working day is the Friday before; a Sunday's is also a Friday.
        self.last_workday = WEEKS * WORKDAYS_OF_WEEK + min(as_of.weekday(), WORKDAYS_OF_WEEK) - 1
        """The last working day before `as_of`: nothing has happened after it."""

    def at(self, workday: int, second_of_day: int) -> int:
        """The time of a working day's second."""
        return (workday // WORKDAYS_OF_WEEK * 7 + workday % WORKDAYS_OF_WEEK) * SECONDS_OF_DAY + second_of_day

    def workday_of(self, time: int) -> int:
        """The working day at this time, which is one of a working day."""
        day = time // SECONDS_OF_DAY
        return day // 7 * WORKDAYS_OF_WEEK + day % 7

    def office_hour(self, unit: float) -> int:
        """A second of the day between 9:00 and 18:00; `unit` in 0..1 says which."""
        return _OFFICE_OPENS + int(unit * _OFFICE_SECONDS)

    def moment(self, time: int) -> datetime.datetime:
        """The time as a database's timestamp."""
        return self._origin + datetime.timedelta(seconds=time)

    def date(self, time: int) -> datetime.date:
        """The date in Tokyo at this time."""
        return self.first_day + datetime.timedelta(days=time // SECONDS_OF_DAY)

    def days_ago(self, days: int) -> datetime.date:
        """The date so many days before `as_of`; after it where negative."""
        return self.as_of - datetime.timedelta(days=days)

    def time_of(self, date: datetime.date) -> int:
        """The time at which a date begins in Tokyo."""
        return (date - self.first_day).days * SECONDS_OF_DAY
