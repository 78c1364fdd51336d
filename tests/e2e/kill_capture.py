"""Kills the recorder again and again; test_capture_kill.sh says what must hold. Runs inside a user namespace."""
import random
import signal
import subprocess
import sys
import time

build, kills, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
STORE = "/run/store"
PPS = 20000
LIFE_S = (1.2, 2.6)


def run(*command):
    subprocess.run(command, check=True)


run("mount", "-t", "tmpfs", "none", "/run")
for name in ("out", "dark"):
    run("ip", "netns", "add", name)
    run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
run("ip", "-n", "out", "link", "add", "src0", "type", "veth", "peer", "name", "mir0", "netns", "dark")
run("ip", "-n", "out", "link", "set", "src0", "up")
run("ip", "-n", "dark", "link", "set", "mir0", "up")


def start():
    recorder = subprocess.Popen(["ip", "netns", "exec", "dark", build + "/hotaru-capture", "-i", "mir0", "--store", STORE,
                                 "--ledger-interval", "1", "--segment-seconds", "1"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    line = recorder.stdout.readline()
    if not line.startswith("recording mir0"):
        sys.exit("FAIL: no ready line: " + line + recorder.stderr.read())
    return recorder


total = int(PPS * (kills * (LIFE_S[1] + 1.5) + 4))
sent_log = open("/run/sent", "w+")
replay = subprocess.Popen(["ip", "netns", "exec", "out", build + "/tests/integration/replay", "count", "src0", str(total),
                           str(PPS)], stdout=sent_log)
lives = []
try:
    for i in range(kills):
        recorder = start()
        ready = time.time()
        time.sleep(rng.uniform(*LIFE_S))
        killed = time.time()
        recorder.send_signal(signal.SIGKILL)  # ip netns exec has become the recorder
        recorder.wait()
        lives.append((ready, killed - 1.0))
    recorder = start()
    ready = time.time()
    time.sleep(1.5)
    recorder.send_signal(signal.SIGTERM)
    stopped = time.time()
    if recorder.wait() != 0:
        sys.exit("FAIL: the last recorder ended badly: " + recorder.stderr.read())
    lives.append((ready, stopped - 0.05))
    if replay.poll() is not None:
        sys.exit("FAIL: the packets ended before the recorder")
finally:
    replay.kill()
    replay.wait()

sent_log.seek(0)
sent = [(int(a) / 1e6, int(b)) for a, b in (line.split() for line in sent_log if line.count(" ") == 1 and line.endswith("\n"))]
out = subprocess.run([build + "/tests/integration/dump_headers", "numbers", STORE], capture_output=True, text=True)
if out.returncode != 0:
    sys.exit("FAIL: " + out.stderr)
numbers = [int(line) for line in out.stdout.split()]
have = set(numbers)
if len(have) != len(numbers):
    sys.exit(f"FAIL: {len(numbers) - len(have)} packets are there twice")
needed = 0
for ready, until in lives:
    # Sent after the ready line was read, and handed to the kernel before `until`.
    after = [n for t, n in sent if t <= ready]
    before = [n for t, n in sent if t <= until]
    first = min((n for t, n in sent if t > ready), default=0) if after or sent else 0
    last = max(before, default=0)
    missing = [n for n in range(first, last) if n not in have]
    needed += max(0, last - first)
    if missing:
        sys.exit(f"FAIL: {len(missing)} of packets {first} to {last} are missing, the first {missing[0]}")
if needed < PPS * 0.1 * kills:
    sys.exit(f"FAIL: only {needed} packets were looked for")

rows = subprocess.run([build + "/tests/integration/dump_headers", "ledger", STORE], check=True, capture_output=True, text=True)
rows = [line.split(",") for line in rows.stdout.splitlines()]
stored = sum(int(r[5]) for r in rows if r[2] == "disk")
gaps = sum(1 for r in rows if r[3] == "gap")
crashes = sum(1 for r in rows if r[3] == "crash")
if stored != len(numbers):
    sys.exit(f"FAIL: the ledger counts {stored} stored packets, there are {len(numbers)}")
if gaps != kills:
    sys.exit(f"FAIL: {gaps} gaps for {kills} kills")
print(f"{kills} kills: {len(numbers)} packets stored once each, {needed} looked for and there, {gaps} gaps, {crashes} crash rows")
