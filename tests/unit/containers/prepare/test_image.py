"""The image holds all that the job imports: its COPY lines, laid out in a folder, run the job there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from topx.local.environments import interpreter

from .job import run_prepare

ROOT = Path(__file__).resolve().parents[4]
FOLDER = "containers/prepare"


def test_what_the_image_copies_is_enough_for_the_job_in_its_own_locked_environment(tmp_path):
    dockerfile = (ROOT / FOLDER / "Dockerfile").read_text()
    inside = tmp_path / "image"
    for sources, target in re.findall(r"^COPY (.+) (/opt/topx\S+)$", dockerfile, re.MULTILINE):
        place = inside / target.removeprefix("/")
        for source in map(ROOT.joinpath, sources.split()):
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)
    prepared = run_prepare(tmp_path, {"a.csv": "user,item,time\nu1,i1,1\nu2,i2,2\nu1,i2,3\n"})
    expected = {name: (prepared.output.parent / name).read_bytes() for name in prepared.written}
    shutil.rmtree(prepared.output.parent)
    environment = {"OPT_ML": str(prepared.paths.root), "PATH": os.environ["PATH"]}
    finished = subprocess.run(
        [interpreter(FOLDER), "-m", "containers.prepare"],
        cwd=inside / "opt" / "topx",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert {name: (prepared.output.parent / name).read_bytes() for name in prepared.written} == expected
