"""kill -9 of recorder, converter and compactor in turn while packets are recorded live, and of the import of files;
test_store_kill.sh says what must hold. Runs inside a user namespace."""
import json
import os
import random
import signal
import subprocess
import sys
import time

build, kills, seed, halves = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rng = random.Random(seed)
HOTARU = build + "/hotaru"
PPS = 8000


def run(*command):
    subprocess.run(command, check=True)


def query(store, sql):
    out = subprocess.run([HOTARU, "query", "--store", store, "--format", "csv", sql], capture_output=True, text=True)
    if out.returncode:
        sys.exit("FAIL: " + out.stderr)
    return [line.split(",") for line in out.stdout.splitlines()[1:]]


def no_leftovers(store):
    """Every file is one that the newest generation names: who was killed left nothing behind that stays."""
    newest = sorted(f for f in os.listdir(f"{store}/catalog") if f.endswith(".json"))[-1]
    with open(f"{store}/catalog/{newest}", encoding="utf-8") as f:
        tables = json.loads(f.readline())["tables"]
    named = {part["path"] for parts in tables.values() for part in parts}
    there = set()
    for table in ("packet", "packet6", "event", "loss"):
        for folder, _, files in os.walk(f"{store}/{table}"):
            there |= {os.path.relpath(os.path.join(folder, f), store) for f in files}
    if named != there:
        sys.exit(f"FAIL: {len(there - named)} files that no generation names, {len(named - there)} that are missing")
    temporary = [f for _, _, files in os.walk(f"{store}/tmp") for f in files if f.endswith(".parquet")]
    if temporary:
        sys.exit(f"FAIL: temporary files are left: {temporary}")
    run(HOTARU, "store", "check", "--store", store)


run("mount", "-t", "tmpfs", "none", "/run")

# ---- live: recorder, converter, compactor ----
def live():
    STORE = "/run/store"
    for name in ("out", "dark"):
        run("ip", "netns", "add", name)
        run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    run("ip", "-n", "out", "link", "add", "src0", "type", "veth", "peer", "name", "mir0", "netns", "dark")
    run("ip", "-n", "out", "link", "set", "src0", "up")
    run("ip", "-n", "dark", "link", "set", "mir0", "up")
    with open("/run/clock", "wb") as clock:
        clock.write((3 * 3600 * 1000000).to_bytes(8, "little"))


    def start_recorder():
        p = subprocess.Popen(["ip", "netns", "exec", "dark", build + "/hotaru-capture", "-i", "mir0", "--store", STORE, "--ledger-interval",
                              "1", "--segment-seconds", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = p.stdout.readline()
        if not line.startswith("recording mir0"):
            sys.exit("FAIL: no ready line: " + line + p.stderr.read())
        return p


    def start_daemon(verb, log, **more):
        return subprocess.Popen([HOTARU, "store", verb, "--store", STORE, "--follow", "--every", "0.2"], stderr=log, env={**os.environ, **more})


    total = int(PPS * (kills * 2.5 + 20))
    sent_log, log = open("/run/sent", "w+"), open("/run/log", "w+")
    replay = subprocess.Popen(["ip", "netns", "exec", "out", build + "/tests/integration/replay", "count", "src0", str(total), str(PPS)],
                              stdout=sent_log)
    lives, killed = [], {"recorder": 0, "seal": 0, "compact": 0}
    try:
        recorder = start_recorder()
        ready = time.time()
        sealer = start_daemon("seal", log)
        # Hours that are over are merged: for the compactor it is three hours later.
        later = {"LD_PRELOAD": build + "/tests/e2e/libclock.so", "HOTARU_CLOCK": "/run/clock",
                 "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        compactor = start_daemon("compact", log, **later)
        for i in range(kills):
            who = ("recorder", "seal", "compact")[i % 3] if i < 3 else rng.choice(("recorder", "seal", "compact"))
            time.sleep(rng.uniform(0.3, 1.6) + (1.0 if who == "recorder" else 0))
            killed[who] += 1
            if who == "recorder":
                lives.append((ready, time.time() - 1.0))
                recorder.send_signal(signal.SIGKILL)
                recorder.wait()
                recorder = start_recorder()
                ready = time.time()
            elif who == "seal":
                sealer.kill()
                sealer.wait()
                sealer = start_daemon("seal", log)
            else:
                compactor.kill()
                compactor.wait()
                compactor = start_daemon("compact", log, **later)
        time.sleep(2)
        if replay.poll() is not None:
            sys.exit("FAIL: the packets ended before the recorder")
        recorder.send_signal(signal.SIGTERM)
        lives.append((ready, time.time() - 0.05))
        if recorder.wait() != 0:
            sys.exit("FAIL: the last recorder ended badly: " + recorder.stderr.read())
        for p in (sealer, compactor):
            p.send_signal(signal.SIGTERM)
            if p.wait() != 0:
                log.seek(0)
                sys.exit("FAIL: a daemon ended badly: " + log.read())
    finally:
        for p in (replay, sealer, compactor, recorder):
            p.kill()
            p.wait()

    sent_log.seek(0)
    sent = [(int(a) / 1e6, int(b)) for a, b in (line.split() for line in sent_log if line.count(" ") == 1 and line.endswith("\n"))]


    def look(moment):
        numbers = [int(row[0]) for row in query(STORE, "SELECT tcp_seq FROM packet")]
        have = set(numbers)
        if len(have) != len(numbers):
            sys.exit(f"FAIL: {moment}: {len(numbers) - len(have)} packets are there twice")
        needed = 0
        for ready, until in lives:
            first = min((n for t, n in sent if t > ready), default=0)
            last = max((n for t, n in sent if t <= until), default=0)
            missing = [n for n in range(first, last) if n not in have]
            needed += max(0, last - first)
            if missing:
                sys.exit(f"FAIL: {moment}: {len(missing)} of packets {first} to {last} are missing, the first {missing[0]}")
        if needed < PPS * 0.05 * kills:
            sys.exit(f"FAIL: only {needed} packets were looked for")
        stored = int(query(STORE, "SELECT coalesce(sum(stored), 0)::BIGINT FROM loss WHERE stage = 'disk'")[0][0])
        if stored != len(numbers):
            sys.exit(f"FAIL: {moment}: the ledger counts {stored} stored packets, there are {len(numbers)}")
        return len(numbers), needed


    before = look("after the kills")
    run(HOTARU, "store", "seal", "--store", STORE)
    if look("sealed") != before:
        sys.exit("FAIL: sealing changed what is there")
    subprocess.run([HOTARU, "store", "compact", "--store", STORE], check=True, env={**os.environ, **later})
    if look("compacted") != before:
        sys.exit("FAIL: compaction changed what is there")
    no_leftovers(STORE)
    print(f"live: {killed['recorder']} + {killed['seal']} + {killed['compact']} kills of recorder, converter, compactor: {before[0]} packets "
          f"once each, {before[1]} looked for and there")


# ---- import ----
def imports():
    STORE = "/run/imports"
    files, rows = [], {}
    for i in range(4):
        path = f"/run/{i}.pcap"
        run(HOTARU, "simulate", "-o", path, "--packets", "60000", "--seed", str(seed * 10 + i))
        begin = time.time()
        run(HOTARU, "capture", "--store", f"/run/whole{i}", "-r", path)
        takes = time.time() - begin
        files.append(path)
        rows[path] = int(query(f"/run/whole{i}", "SELECT (SELECT count(*) FROM packet) + (SELECT count(*) FROM packet6)")[0][0])
        subprocess.run(["rm", "-r", f"/run/whole{i}"], check=True)
    done, early, committed = set(), 0, 0
    for i in range(kills):
        if len(done) == len(files):
            done = set()
            subprocess.run(["rm", "-r", STORE], check=True)
        path = rng.choice([f for f in files if f not in done])
        p = subprocess.Popen([HOTARU, "capture", "--store", STORE, "-r", path], stderr=subprocess.DEVNULL)
        # Any moment, or about the end, where the files are moved in and the generation is written; how long it takes is followed.
        time.sleep(rng.uniform(0, takes) if i % 3 == 0 else takes * rng.uniform(0.85, 1.05))
        alive = p.poll() is None
        p.kill()
        p.wait()
        early += alive
        takes *= 1.04 if alive else 0.93
        if not os.path.isdir(STORE + "/catalog"):
            continue
        have = int(query(STORE, "SELECT (SELECT count(*) FROM packet) + (SELECT count(*) FROM packet6)")[0][0])
        old = sum(rows[f] for f in done)
        if have == old + rows[path]:
            done.add(path)
            committed += alive
        elif have != old or not alive:
            sys.exit(f"FAIL: after kill {i} of an import there are {have} rows: neither {old} nor {old + rows[path]}")
        ledger = int(query(STORE, "SELECT coalesce(sum(stored), 0)::BIGINT FROM loss WHERE stage = 'import'")[0][0])
        if ledger != have:
            sys.exit(f"FAIL: after kill {i} of an import the ledger counts {ledger}, there are {have}")
    run(HOTARU, "capture", "--store", STORE, "-r", *files)
    have = int(query(STORE, "SELECT (SELECT count(*) FROM packet) + (SELECT count(*) FROM packet6)")[0][0])
    if have != sum(rows.values()):
        sys.exit(f"FAIL: after all imports there are {have} rows, not {sum(rows.values())}")
    no_leftovers(STORE)
    print(f"import: {kills} kills, {early} of them before it had ended, {committed} of these after its commit: all of a file or nothing, "
          f"{have} rows in the end")


if halves in ("both", "live"):
    live()
if halves in ("both", "import"):
    imports()
