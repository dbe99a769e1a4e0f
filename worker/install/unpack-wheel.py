"""Unpacks chosen folders of a wheel and checks every file against the wheel's RECORD.

usage: unpack-wheel.py WHEEL DESTINATION PREFIX[!EXCLUDED] ...

Prints one line a file. Exits with 1 and a reason when a file is damaged, unlisted or would leave the destination.
"""

import base64
import csv
import hashlib
import io
import os
import sys
import zipfile


def main() -> None:
    wheel_path, destination, *rules = sys.argv[1:]
    with zipfile.ZipFile(wheel_path) as wheel:
        hashes = recorded_hashes(wheel)
        for info in wheel.infolist():
            if not info.is_dir() and is_chosen(info.filename, rules):
                unpack(wheel, info, destination, hashes)


def is_chosen(name: str, rules: list[str]) -> bool:
    for rule in rules:
        prefix, _, excluded = rule.partition("!")
        if name.startswith(prefix) and not (excluded and excluded in name):
            return True
    return False


def recorded_hashes(wheel: zipfile.ZipFile) -> dict[str, str]:
    record = next(name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
    rows = csv.reader(io.StringIO(wheel.read(record).decode()))
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def unpack(wheel: zipfile.ZipFile, info: zipfile.ZipInfo, destination: str, hashes: dict[str, str]) -> None:
    target = os.path.realpath(os.path.join(destination, info.filename))
    if not target.startswith(os.path.realpath(destination) + os.sep):
        sys.exit(f"{info.filename} would be written outside {destination}")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    digest = hashlib.sha256()
    with wheel.open(info) as source, open(target, "wb") as sink:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            sink.write(chunk)
    actual = "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    wanted = hashes.get(info.filename)
    if actual != wanted:
        sys.exit(f"{info.filename} is damaged: its hash is {actual}, the wheel's RECORD says {wanted}")
    if (info.external_attr >> 16) & 0o111:
        os.chmod(target, 0o755)
    print(f"{info.filename} {info.file_size} {digest.hexdigest()}", flush=True)


main()
