"""Runs replay.py against a real HTTP server that refuses some feedback first. `python -m unittest discover templates/tests`"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAM = Path(__file__).parent.parent / "replay" / "replay.py"


class Peer(BaseHTTPRequestHandler):
    predictions: list[str] = []
    feedback: list[str] = []
    failures = 2
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, headers, answer = 200, {}, {}
        with Peer.lock:
            if self.path.endswith("/infer"):
                identity = f"pred_{len(Peer.predictions)}"
                Peer.predictions.append(identity)
                headers = {"x-prediction-id": identity}
                answer = {"outputs": [{"name": "label", "datatype": "INT64", "shape": [1], "data": [1]}]}
            elif Peer.failures > 0:
                Peer.failures -= 1
                status = 503
            else:
                Peer.feedback += [item["predictionId"] for item in body["items"]]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        return


class ReplayTest(unittest.TestCase):
    def run_replay(self, content: str, *arguments: str, url: str = "http://127.0.0.1:9") -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "heldout.csv").write_text(content)
            environment = os.environ | {"MODELWORKS_INPUTS": folder, "MODELWORKS_GATEWAY_URL": url, "MODELWORKS_URL": url}
            command = [sys.executable, str(PROGRAM), "--deployment", "d", *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    def test_every_prediction_gets_its_feedback_although_the_portal_fails_first(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        rows = "row_id,a,progressed\n1,0.5,1\n2,0.1,0\n"
        result = self.run_replay(rows, "--rate", "20", "--durationSeconds", "2", "--feedbackDelaySeconds", "0.2", url=url)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreaterEqual(len(Peer.predictions), 30)
        self.assertEqual(sorted(Peer.feedback), sorted(Peer.predictions))

    def test_a_missing_target_is_named_in_one_line(self) -> None:
        result = self.run_replay("row_id,a\n1,0.5\n")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no target column 'progressed'", result.stderr)
        self.assertEqual(len(result.stderr.strip().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
