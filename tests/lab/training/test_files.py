import errno
import io
import os
import subprocess
import sys

import pytest

from spikegrad.lab.training.files import only_user_of, replacing, require_room, write_text


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["file"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half of", "it"])
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_without_a_name_gets_that_of_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_text(tmp_path / "file", "text")
    assert caught.value.filename == str(tmp_path / "file")
    assert os.listdir(tmp_path) == []


def test_room_is_there_or_it_is_not(tmp_path, monkeypatch):
    require_room(tmp_path, 10**6)
    assert os.listdir(tmp_path) == []

    class Full(io.BytesIO):
        def write(self, block):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.open", lambda path, mode: Full())
    with pytest.raises(OSError, match="No space left") as caught:
        require_room(tmp_path, 1)
    assert caught.value.filename == str(tmp_path)


def test_a_folder_has_one_user_at_a_time(tmp_path):
    with only_user_of(tmp_path) as first, only_user_of(tmp_path) as second:
        assert (first, second) == (True, False)
    with only_user_of(tmp_path) as later:
        assert later


def test_the_hold_on_a_folder_ends_with_a_killed_process(tmp_path):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from spikegrad.lab.training.files import only_user_of\n"
        "with only_user_of(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with only_user_of(tmp_path) as granted:
            assert not granted
        process.kill()
        process.wait()
    with only_user_of(tmp_path) as granted:
        assert granted
