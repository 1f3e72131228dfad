"""The bundled contexts are what they say they are."""

import hashlib
from importlib import resources

import pytest

from fedicert.proofs import contexts


@pytest.mark.parametrize("address", contexts.BUNDLED)
def test_each_file_has_its_hash_and_reads_as_a_context(address):
    bundled = contexts.BUNDLED[address]
    data = resources.files(contexts).joinpath(bundled.file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == bundled.sha256
    assert contexts.context(address)["@context"]
    assert bundled.origin and bundled.licence


def test_no_file_lies_there_unnamed():
    found = {file.name for file in resources.files(contexts).iterdir() if file.name.endswith(".json")}
    assert found == {bundled.file for bundled in contexts.BUNDLED.values()}
