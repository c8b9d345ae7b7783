"""Files of paths, as people export them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.prospects.business_rules.attribution.path_files import parse_paths
from growth.domain.prospects.entities.channel_paths import BadPathsFile, ChannelPath

TWO = [ChannelPath(("Email", "Direct"), 2, 30.5, 1), ChannelPath(("Direct",), 0, 0, 4)]


@pytest.mark.parametrize(
    "text",
    [
        "path,conversions,value,nulls\nEmail > Direct,2,30.5,1\nDirect,0,0,4\n",
        "path;conversions;value;nulls\r\nEmail > Direct;2;30.5;1\r\nDirect;0;0;4",
        "path\tconversions\tvalue\tnulls\nEmail > Direct\t2\t30.5\t1\nDirect\t0\t0\t4\n",
        '"path","total_conversions","total_conversion_value","total_null"\n"Email > Direct",2,30.5,1\n"Direct",0,0,4\n',
        '"","path","total_conversions","revenue","total_null"\n1,"Email > Direct",2,30.5,1\n2,Direct,0,0,4',
        "\ufeffpath,conversions,value,nulls\nEmail > Direct,2,30.5,1\nDirect,0,0,4\n",
        "Nulls, Revenue ,PATH,Total Conversions\n1,3.05e+01,Email>Direct,2\n\n 4 ,0, Direct ,0.\n",
    ],
    ids=["commas", "semicolons", "tabs", "names of the R package", "row names", "byte order mark", "other order"],
)
def test_paths_are_read_however_the_file_was_made(text):
    assert parse_paths(text.encode()) == TWO


def test_what_has_no_column_is_one_conversion_without_value_and_nobody_who_went_away():
    assert parse_paths(b"path\nEmail > Direct > Email\n") == [ChannelPath(("Email", "Direct", "Email"), 1, 0, 0)]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text"),
        ("path\nA > é\n".encode("latin-1"), "Line 2 is not UTF-8"),
        ("path\nA\n".encode("utf-16"), "UTF-16: save it as UTF-8"),
        ("path\nA\n".encode("utf-16-le"), "no text"),
        (b"journeys,conversions\nA,1\n", "no column path"),
        (b"A > B,1,2,3\n", "no column path"),
        (b'"path\nA', "no column path"),
        (b"path,conversions,total_conversions\nA,1,1\n", "Two columns hold the conversions"),
        (b"path,conversions\nA,-1\n", "Line 2: conversions"),
        (b"path,conversions\nA,1\nB,nan\n", "Line 3: conversions"),
        (b"path,value\nA,inf\n", "Line 2: value"),
        (b"path,value\nA,1e16\n", "Line 2: value"),
        (b"path,value\nA,1e999\n", "Line 2: value"),
        ("path,nulls\nA,٣\n".encode(), "Line 2: nulls"),
        (b"path,nulls\nA,\n", "Line 2: nulls"),
        (b"path,nulls\nA,0x1\n", "Line 2: nulls"),
        (b"path;value\nA;1,5\n", "Line 2: value"),
        (b"path,value\nA\n", "Line 2 has 1 cells and the first line 2"),
        (b"path,value\nA > > B,1\n", "Line 2: a channel"),
        (b"path,value\n,1\n", "Line 2: a channel"),
        (b'path,value\nA,1\n"B,1\n', "Line 3 is not CSV"),
        (b"path,conversions\nA,0\n", "No path has a conversion"),
        (b"path,conversions\n", "No path has a conversion"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(content, wrong):
    with pytest.raises(BadPathsFile) as told:
        parse_paths(content)
    assert wrong in str(told.value)
    assert "\n" not in str(told.value)


@given(st.binary(max_size=200) | st.text(st.sampled_from('path,value;\t">\n\r1.e-A '), max_size=60).map(str.encode))
def test_any_bytes_are_paths_or_a_refusal(content):
    for start in (b"", b"path,value\n"):
        told = ""
        try:
            assert parse_paths(start + content)
        except BadPathsFile as refused:
            told = str(refused)
        assert "\n" not in told
