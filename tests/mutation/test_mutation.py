#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Switches off each check of the folders below in turn: at least one unit test must fail for each.

The sources are copied to build/mutation, rewritten by tools/mutate.py and built once. A first run of every unit test
records which checks it reaches; then each check is run against just those tests: first what failed without its neighbours,
then the quickest. Those whose loss nothing can show stand, with the reason, in tests/mutation/equivalent.txt:
`path: source text ## reason`. `--only src/jose` takes part of it; build/mutation/killers.txt says which test held what."""
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))
import mutate  # noqa: E402

WORK = os.path.join(ROOT, 'build', 'mutation')
TREE = os.path.join(WORK, 'tree')
BUILD = os.path.join(WORK, 'build')
SECONDS_UNCHANGED = 600
# Numbers of checks that a file's own may grow into: a new check renumbers, and so rebuilds, no other file.
SLACK = 32


def write_if_changed(path, data):
    """Keeps the time stamp of what did not change, so that the build is incremental."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path) and open(path, 'rb').read() == data:
        return
    with open(path, 'wb') as out:
        out.write(data)


def make_tree():
    """Copies what git tracks and rewrites the checks; returns the mutants."""
    listing = subprocess.run(['git', '-C', ROOT, 'ls-files', '-z'], capture_output=True, check=True).stdout
    mutants, first = [], 0
    for name in sorted(listing.decode().split('\0')):
        source = os.path.join(ROOT, name)
        if not os.path.isfile(source):
            continue
        data = open(source, 'rb').read()
        if mutate.is_rewritten(name):
            text, found = mutate.rewrite(name, data.decode(), first)
            mutants += found
            first += (len(found) // SLACK + 1) * SLACK
            data = text.encode()
        if name == 'src/meson.build':
            data = data.replace(b"'base/arena.c'", b"'base/mutant.c', 'base/arena.c'", 1)
        write_if_changed(os.path.join(TREE, name), data)
        if os.access(source, os.X_OK):
            os.chmod(os.path.join(TREE, name), 0o755)
    write_if_changed(os.path.join(TREE, 'src/base/mutant.h'), mutate.HEADER.encode())
    write_if_changed(os.path.join(TREE, 'src/base/mutant.c'), mutate.RUNTIME.encode())
    return mutants


def build():
    environment = dict(os.environ, CC=os.environ.get('CC', 'gcc'))
    if not os.path.exists(os.path.join(BUILD, 'build.ninja')):
        shutil.rmtree(BUILD, ignore_errors=True)
        subprocess.run(['meson', 'setup', BUILD, TREE, '-Doptimization=0', '-Ddebug=false', '-Dc_args=-w'], check=True,
                       env=environment, stdout=subprocess.DEVNULL)
    # A test that is new is in the list only then.
    subprocess.run(['ninja', '-C', BUILD, 'build.ninja'], check=True, env=environment, stdout=subprocess.DEVNULL)
    rules = subprocess.run(['ninja', '-C', BUILD, '-t', 'targets', 'all'], capture_output=True, check=True).stdout.decode()
    wanted = [t for t in (line.split(':')[0] for line in rules.splitlines()) if re.fullmatch(r'tests/unit/test_\w+', t)]
    done = subprocess.run(['ninja', '-C', BUILD, *wanted], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.stdout.write('# ' + done.stdout.decode(errors='replace')[-3000:].replace('\n', '\n# '))
        sys.exit('the mutated sources do not build')


def programs():
    folder = os.path.join(BUILD, 'tests', 'unit')
    return [os.path.join(folder, n) for n in sorted(os.listdir(folder))
            if n.startswith('test_') and os.path.isfile(os.path.join(folder, n))]


def run(program, tests, seconds, **environment):
    """True where all of these tests of a program pass, within so many seconds."""
    try:
        return subprocess.run([program, *tests], env=dict(os.environ, **environment), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def reach(program):
    """For one program: (its single tests with the checks that each reaches)."""
    names = subprocess.run([program, '--list'], capture_output=True, check=True).stdout.decode().split()
    found = []
    for name in names:
        hits = os.path.join(WORK, 'hits.' + os.path.basename(program))
        with open(hits, 'wb') as out:
            out.truncate(65536)
        start = time.monotonic()
        if not run(program, [name], SECONDS_UNCHANGED, MUTANT_HITS=hits):
            sys.exit(f'{program} {name} fails before any check is switched off')
        data = open(hits, 'rb').read()
        os.unlink(hits)
        found.append((time.monotonic() - start, program, name, {i for i, b in enumerate(data) if b}))
    return found


def killer(mutant, tests, neighbours):
    """A test that fails without the check; None where none does. `neighbours`: how many checks of a file each test held."""
    number, path = mutant[:2]
    held = neighbours.setdefault(path, {})
    reaching = [t for t in tests if number in t[3]]
    reaching.sort(key=lambda t: (-held.get(t[1:3], 0), t[0]))
    for seconds, program, name, _ in reaching:
        # What runs on for ever has failed; what is merely slow on a busy machine has not.
        if not run(program, [name], 30 + 20 * seconds, MUTANT=str(number)):
            held[program, name] = held.get((program, name), 0) + 1
            return f'{os.path.basename(program)}:{name}'
    return None


def spent():
    """Seconds of processor time of all that has ended here."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    if sys.argv[1:] == ['--list']:
        print('every_check_is_held_by_a_test')
        return 0
    mutants = make_tree()
    build()
    seconds = [spent()]
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix='ostiary-mutation-', dir=memory) as folder, ThreadPoolExecutor(2) as pool:
        # Stores that are written to memory: no test here waits for a disk.
        os.environ['TMPDIR'] = folder
        tests = sorted((t for found in pool.map(reach, programs()) for t in found), key=lambda t: t[0])
        seconds.append(spent())
        known = mutate.equivalents(open(os.path.join(ROOT, mutate.EQUIVALENT)).read())
        only = tuple(sys.argv[2:]) if sys.argv[1:2] == ['--only'] else ('src/',)
        wanted = [m for m in mutants if (m[1], m[3]) not in known and m[1].startswith(only)]
        neighbours = {}
        killers = list(pool.map(lambda m: killer(m, tests, neighbours), wanted))
    seconds.append(spent())
    survivors = [m for m, k in zip(wanted, killers) if k is None]
    with open(os.path.join(WORK, 'killers.txt'), 'w') as out:
        for (_, path, line, source), name in zip(wanted, killers):
            out.write(f'{path}:{line}: {source}  <- {name}\n')
    for _, path, line, source in survivors:
        print(f'# no test fails without {path}:{line}: {source}')
    stale = [k for k in known if k not in {(m[1], m[3]) for m in mutants}]
    for path, source in stale:
        print(f'# a reason is written for a check that is not there: {path}: {source}')
    print(f'# {len(wanted)} checks, {len(survivors)} survive, {len(known)} with a written reason')
    print('# processor seconds: build {:.0f}, reach {:.0f}, checks {:.0f}'.format(
        seconds[0], seconds[1] - seconds[0], seconds[2] - seconds[1]))
    failed = bool(survivors or stale or not wanted)
    print(('not ' if failed else '') + 'ok 1 - every_check_is_held_by_a_test')
    print('1..1')
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
