"""Reads a file of the national corporate register: its bytes, encoding and CSV records, with the line each stands on."""

import csv
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, NamedTuple

from hub.errors import SetupError

COLUMNS = 30
"""How many columns a record of the register has; a file has no header."""

_ZIP_MAGIC = b"PK\x03\x04"
_UTF8_BOM = b"\xef\xbb\xbf"

# How much decides. Japanese stands on nearly every line, so that the first block of a true file is enough.
_DECISIVE_LINES = 1_000
_SAMPLED_RECORDS = 100

# A record of the register has some hundred characters. A longer line is read in pieces: memory stays bounded in any file.
_LONGEST_LINE_CHARACTERS = 1 << 20
_LONGEST_LINE_BYTES = 4 << 20

_RECORD_START = re.compile(r'"?[0-9]+"?,"?[0-9]{13}"?,')
_CORPORATE_NUMBER = re.compile(r"[0-9]{13}")

_NOT_THE_REGISTER = "give a CSV file of the register in Shift_JIS or UTF-8 as the tax agency publishes it, or its .zip"


class UnreadableFile(SetupError):
    """A file cannot be imported at all: it is missing, cannot be read or decoded, or is no file of the register.

    The message names the file, the reason and the remedy; they are attributes too.
    """

    def __init__(self, file: Path, reason: str, remedy: str) -> None:
        super().__init__(f"{file}: {reason}; {remedy}")
        self.file = file
        self.reason = reason
        self.remedy = remedy


class Record(NamedTuple):
    """One CSV record: the physical line it starts on (from 1), and its fields, or why it is none."""

    line: int
    fields: list[str]
    malformed: str | None


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A file that was found to be one of the register: its encoding, and its size in bytes (unpacked)."""

    path: Path
    encoding: str
    size_bytes: int

    def records(self) -> "RecordReader":
        """Opens the file for reading its records in order, with memory that does not grow with the file."""
        return RecordReader(self)


class RecordReader:
    """The records of one file, iterated over once, within `with`; `bytes_read` tells how far it is.

    Bytes that the encoding does not know become lone surrogates (surrogateescape), so that they spoil only their record.
    A quote that is not closed spoils its record and no other: reading goes on at the next line that starts like a record.
    Raises UnreadableFile where the file breaks off while it is read.
    """

    def __init__(self, file: RegisterFile) -> None:
        self._path = file.path
        with _readable(file.path):
            self._binary, _ = _open(file.path)
        self._text = TextIOWrapper(self._binary, encoding=file.encoding, errors="surrogateescape", newline="")
        self._lines = _PhysicalLines(self._text)
        # Strict: without it an unclosed quote in a name joins two records into one that may have the right count of columns.
        self._csv = csv.reader(self._lines, strict=True)

    @property
    def bytes_read(self) -> int:
        """How many bytes (unpacked) have been taken from the file, to the block; exact at the end."""
        return self._binary.tell()

    def __enter__(self) -> "RecordReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[Record]:
        lines, reader = self._lines, self._csv
        line = 1
        with _readable(self._path):
            while True:
                lines.taken.clear()
                fields: list[str] = []
                malformed = None
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    malformed = f"not CSV: {error}"
                else:
                    # An empty line is no record.
                    if fields and len(fields) != COLUMNS:
                        malformed = f"{len(fields)} columns instead of {COLUMNS}"
                if malformed:
                    lines.give_back_from_next_record()
                if fields or malformed:
                    yield Record(line, fields, malformed)
                line += len(lines.taken)


class _PhysicalLines:
    """Feeds the CSV reader and keeps the lines of the record at hand, so that a broken one can give back its neighbours."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self._given_back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_PhysicalLines":
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else self._text.readline(_LONGEST_LINE_CHARACTERS)
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def give_back_from_next_record(self) -> None:
        """Gives back the taken lines from the second one on that starts like a record; the first is never given back."""
        for index in range(1, len(self.taken)):
            if _RECORD_START.match(self.taken[index]):
                self._given_back.extendleft(reversed(self.taken[index:]))
                del self.taken[index:]
                return


def inspect(path: Path) -> RegisterFile:
    """Finds out how to read a file, reading no more than its beginning; raises UnreadableFile where it is not one to read."""
    with _readable(path):
        binary, size_bytes = _open(path)
        with binary:
            encoding = _encoding(path, binary)
    file = RegisterFile(path, encoding, size_bytes)
    with file.records() as records:
        sample = [record for record, _ in zip(records, range(_SAMPLED_RECORDS), strict=False)]
    if not sample:
        raise UnreadableFile(path, "is empty", _NOT_THE_REGISTER)
    if not any(_looks_like_the_register(record.fields) for record in sample):
        raise UnreadableFile(
            path, f"is not the corporate register: no record of {COLUMNS} columns at its beginning", _NOT_THE_REGISTER
        )
    return file


def _looks_like_the_register(fields: list[str]) -> bool:
    return len(fields) == COLUMNS or (len(fields) > 1 and _CORPORATE_NUMBER.fullmatch(fields[1]) is not None)


def _encoding(path: Path, binary: IO[bytes]) -> str:
    """The codec of a file: by its BOM, else by whether its lines with Japanese are UTF-8 or Shift_JIS.

    Whole lines are judged, so that no character is cut, and each by itself, so that a damaged one outvotes no others.
    Shift_JIS is hardly ever valid UTF-8, but UTF-8 often is valid Shift_JIS: UTF-8 is asked first. A file in ASCII alone
    reads the same in both.
    """
    lines = utf8 = cp932 = 0
    while lines < _DECISIVE_LINES and (line := binary.readline(_LONGEST_LINE_BYTES)):
        if line.startswith(_UTF8_BOM) and not lines:
            return "utf-8-sig"
        if line.isascii():
            continue
        lines += 1
        utf8 += _decodes(line, "utf-8")
        cp932 += _decodes(line, "cp932")
    if utf8 * 2 >= lines:
        return "utf-8"
    if cp932 * 2 >= lines:
        return "cp932"
    raise UnreadableFile(path, "is neither Shift_JIS nor UTF-8", _NOT_THE_REGISTER)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _open(path: Path) -> tuple[IO[bytes], int]:
    """The file's bytes and their number; of a .zip those of the one CSV file in it."""
    with path.open("rb") as plain:
        zipped = plain.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    if not zipped:
        return path.open("rb"), path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
        if len(members) != 1:
            raise UnreadableFile(path, f"holds {len(members)} CSV files instead of one", "unpack it and give the CSV files")
        return archive.open(members[0]), members[0].file_size


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what reading can raise into UnreadableFile."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableFile(path, "does not exist", "check the path") from error
    except IsADirectoryError as error:
        raise UnreadableFile(path, "is a folder", "give the files in it") from error
    except PermissionError as error:
        raise UnreadableFile(path, "may not be read", "give its user the right to read it") from error
    except OSError as error:
        raise UnreadableFile(path, f"cannot be read ({error.strerror or error})", "check the disk it is on") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(path, f"is a .zip that cannot be unpacked ({error})", "download it again") from error
