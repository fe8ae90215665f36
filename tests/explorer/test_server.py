"""The server: what it gives, to whom, and what it refuses."""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass

import pytest

from sememe.errors import RunError
from sememe.explorer.live.folder import ReadOnlyFolder
from sememe.explorer.live.run_data import RunData
from sememe.explorer.server.guard import POLICY, Door
from sememe.explorer.server.run_endpoints import Nothing, run_payload
from sememe.explorer.server.serve import bind


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self):
        return json.loads(self.text)


def ask(door: Door, path: str, method: str = "GET", **headers: str) -> Reply:
    """One request exactly as written: no library tidies the path or fills in a header."""
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": f"127.0.0.1:{door.port}"} | headers).items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    content = reply.read().decode("utf-8", "replace")
    connection.close()
    return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, content)


def test_the_page_and_its_modules_are_served_under_a_strict_policy(explorer):
    door, _ = explorer
    page = ask(door, "/")
    assert page.status == 200
    assert page.headers["content-security-policy"] == POLICY
    assert "script-src 'self';" in POLICY
    assert '<script type="module" src="/assets/app/boot.js">' in page.text
    assert ask(door, "/assets/app/main.js").headers["content-type"].startswith("text/javascript")
    assert ask(door, "/assets/tokens.css").headers["content-type"].startswith("text/css")


def test_the_run_is_described_for_the_page(explorer):
    run = ask(explorer[0], "/api/run").json
    assert [layer["key"] for layer in run["layers"]] == [
        "digit_mlp.hidden1",
        "digit_cnn.conv2",
        "digit_cnn.fc1",
    ]
    assert run["layers"][1]["grid"] == [10, 10]
    assert run["layers"][0]["neurons"] == "Neurons-k16"
    assert (run["n_images"], run["drawable"], run["finished"]) == (300, True, False)


def test_every_measure_says_how_it_is_computed(explorer):
    notes = ask(explorer[0], "/api/measures").json
    assert all(note["title"] and note["source"] and note["mathml"].startswith("<math") for note in notes)
    assert notes[0]["command"] == "sememe run mnist"


def test_images_come_in_sheets_and_one_by_one(explorer):
    door, _ = explorer
    assert ask(door, "/api/sheet?number=1").headers["content-type"] == "image/png"
    assert ask(door, "/api/sheet?number=2").status == 404
    found = ask(door, "/api/test_image?label=3").json
    assert found["label"] == 3
    assert found["pixels"]["shape"] == [28, 28]
    assert ask(door, "/api/test_image?image=300").status == 404


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/nothing", 404, "no such question"),
        ("/api/pixel_weights", 400, "'layer' is missing"),
        ("/api/pixel_weights?layer=x&more=1", 400, "no parameter 'more'"),
        ("/api/pixel_weights?layer=../../etc/passwd", 404, "no layer"),
        ("/api/sheet?number=one", 400, "should be a whole number, but 'one'"),
        ("/api/sheet?number=-1", 404, "no sheet -1"),
        ("/api/sheet?number=1e400", 400, "whole number"),
        ("/api/sheet?number=" + "9" * 400, 400, "whole number"),
        ("/api/test_image?label=%00%ff", 400, "whole number"),
    ],
)
def test_bad_questions_get_a_sentence(explorer, path, status, message):
    reply = ask(explorer[0], path)
    assert reply.status == status
    assert message in reply.json["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/assets/../server/app.py",
        "/assets/../../__init__.py",
        "/assets/%2e%2e/server/app.py",
        "/assets/..%2fserver%2fapp.py",
        "/assets//etc/passwd",
        "/assets/app/..\\..\\server\\app.py",
        "/assets/app/\x7f",
        "/run.json",
        "/api/../run.json",
        "/network/digit_mlp/config.json",
    ],
)
def test_no_path_leads_out_of_the_pages_own_files(explorer, path):
    reply = ask(explorer[0], urllib.parse.quote(path, safe="/%.\\"))
    assert reply.status == 404
    assert "import" not in reply.text


def test_a_run_without_a_report_says_so_and_a_report_cannot_touch_the_page(explorer, folder):
    door, _ = explorer
    assert ask(door, "/report").status == 404
    (folder / "report.html").write_text("<p>a report</p>")
    try:
        reply = ask(door, "/report")
    finally:
        (folder / "report.html").unlink()
    assert reply.text == "<p>a report</p>"
    assert reply.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "", "a@127.0.0.1:{port}"]
)
def test_a_request_under_another_name_is_refused(explorer, host):
    door, _ = explorer
    assert ask(door, "/api/run", Host=host.format(port=door.port)).status == 403


def test_localhost_is_a_name_of_this_machine(explorer):
    door, _ = explorer
    assert ask(door, "/", Host=f"localhost:{door.port}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://", "http://[", "x" * 500]
)
def test_a_page_from_elsewhere_is_refused(explorer, origin):
    door, _ = explorer
    assert ask(door, "/api/run", Origin=origin).status == 403
    own = ask(door, "/api/run", Origin=f"http://127.0.0.1:{door.port}")
    assert own.status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_written(explorer, method):
    assert ask(explorer[0], "/api/run", method).status == 405


def test_other_machines_need_the_token(guarded):
    assert ask(guarded, "/").status == 401
    assert ask(guarded, "/?token=wrong").status == 401
    assert ask(guarded, "/api/run", Cookie="sememe-token=wrong").status == 401
    entry = ask(guarded, f"/?token={guarded.token}")
    assert (entry.status, entry.headers["location"]) == (303, "/")
    cookie = entry.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert ask(guarded, "/api/run", Cookie=cookie.split(";")[0]).status == 200
    assert guarded.url.endswith(f":{guarded.port}/?token={guarded.token}")
    assert guarded.token not in repr(guarded)


def test_where_others_may_come_names_are_still_this_machines(guarded):
    assert guarded.knows(f"192.168.1.7:{guarded.port}")
    assert guarded.knows(f"{socket.gethostname()}:{guarded.port}")
    assert not guarded.knows(f"evil.example:{guarded.port}")


def test_only_this_machine_needs_no_token():
    assert Door.of("127.0.0.1", 1).token is None
    assert Door.of("::1", 1).url == "http://[::1]:1/"
    assert Door.of("192.168.1.7", 1).token != Door.of("192.168.1.7", 1).token


def test_a_port_that_is_taken_is_named():
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=rf"Port {port} of 127\.0\.0\.1 cannot be used"):
            bind("127.0.0.1", port)
    for port in (99999, -1):
        with pytest.raises(RunError, match=f"up to 65535, but {port} arrived: choose another with --port"):
            bind("127.0.0.1", port)


def test_what_is_no_run_is_told_from_what_is_not_there(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no run")
    for name, why in {
        "absent": "nothing is there: give the folder of a run, or make one with `sememe run --run",
        "empty": "it has no run.json: give",
        "file": "but a file: give",
    }.items():
        with pytest.raises(RunError, match=rf"{name} is not a run.* {why}"):
            ReadOnlyFolder(tmp_path / name).record()
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "run.json").write_text("{}")
    with pytest.raises(RunError, match=r"is not a run but holds some: give one of .*mnist\.$"):
        ReadOnlyFolder(tmp_path).record()


def test_no_name_in_a_file_leads_out_of_the_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "run" / "link").symlink_to(tmp_path / "secret")
    folder = ReadOnlyFolder(tmp_path / "run")
    assert folder.path("network", "digit_mlp") == tmp_path / "run" / "network" / "digit_mlp"
    for names in (("..", "secret"), ("network", "..", "..", "secret"), ("/etc/passwd",), ("link",)):
        with pytest.raises(RunError, match="leads out of the run folder"):
            folder.path(*names)


def test_the_server_needs_neither_torch_nor_plotlys_python_package(folder):
    code = f"""if True:
        import sys
        from sememe.explorer.live.run_data import RunData
        from sememe.explorer.server import serve
        from sememe.explorer.server.endpoints import ENDPOINTS
        run = RunData({str(folder)!r})
        for endpoint in ENDPOINTS:
            if endpoint.name in ("run", "measures"):
                endpoint.answer(run, endpoint.parameters())
        print([name for name in ("torch", "sklearn", "plotly.graph_objects") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_that_goes_on_is_looked_at_again_when_the_page_is_opened(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "run")
    (tmp_path / "run" / "activations").rename(tmp_path / "later")
    run = RunData(tmp_path / "run")
    assert run_payload(run, Nothing()).layers == ()
    (tmp_path / "later").rename(tmp_path / "run" / "activations")
    assert run_payload(run, Nothing()).layers[0].key == "digit_mlp.hidden1"
