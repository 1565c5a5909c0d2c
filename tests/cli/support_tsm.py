#!/usr/bin/env python3
"""What guest software does with /sys/kernel/config/tsm/report, in the namespace of vcca exec.

errnos        every operation that Linux's VFS, configfs or report.c refuses, with its errno; and those it takes
together N    N processes at once, each with a directory and a challenge of its own
hostile N     N uses that are no use: short and huge writes, reads of what is being removed, readers that are killed
SPDX-License-Identifier: Apache-2.0"""
import errno
import hashlib
import multiprocessing
import os
import random
import signal
import sys

REPORT = '/sys/kernel/config/tsm/report'
CHALLENGE = hashlib.sha512(b'a challenge').digest()
bad = 0


def complain(text):
    global bad
    bad += 1
    print(text)


def at(*names):
    return os.path.join(REPORT, *names)


def put(path, data, flags=os.O_WRONLY):
    fd = os.open(path, flags)
    try:
        return os.write(fd, data)
    finally:
        os.close(fd)


def get(path):
    with open(path, 'rb', buffering=0) as f:
        return f.readall()


def refused(what, want, act):
    """act fails with this errno; 0: it does not fail."""
    try:
        act()
        got = 0
    except OSError as e:
        got = e.errno
    if got != want:
        complain(f'{what}: {errno.errorcode.get(got, got)}, not {errno.errorcode.get(want, want)}')


def seek(path, flags):
    fd = os.open(path, flags)
    try:
        return os.lseek(fd, 1, os.SEEK_SET)
    finally:
        os.close(fd)


def sync(path):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def errnos():
    E = errno
    os.mkdir(at('a'))
    a = lambda name: at('a', name)
    rows = [
        ('mkdir of what is there', E.EEXIST, lambda: os.mkdir(at('a'))),
        ('mkdir in a report', E.EPERM, lambda: os.mkdir(a('b'))),
        ('mkdir of a long name', E.ENAMETOOLONG, lambda: os.mkdir(at('n' * 256))),
        ('rmdir of what is not there', E.ENOENT, lambda: os.rmdir(at('b'))),
        ('rmdir of an attribute', E.ENOTDIR, lambda: os.rmdir(a('inblob'))),
        ('unlink of an attribute', E.EPERM, lambda: os.unlink(a('inblob'))),
        ('unlink of a report', E.EISDIR, lambda: os.unlink(at('a'))),
        ('a file in the directory of reports', E.EACCES, lambda: put(at('f'), b'x', os.O_WRONLY | os.O_CREAT)),
        ('a file in a report', E.EACCES, lambda: put(a('f'), b'x', os.O_WRONLY | os.O_CREAT)),
        ('a device', E.EPERM, lambda: os.mknod(a('f'), 0o600)),
        ('a symbolic link', E.EPERM, lambda: os.symlink('/', a('f'))),
        ('a link', E.EPERM, lambda: os.link(a('inblob'), a('f'))),
        ('rename of a report', E.EPERM, lambda: os.rename(at('a'), at('b'))),
        ('rename of an attribute', E.EPERM, lambda: os.rename(a('inblob'), a('f'))),
        ('an attribute that is not there', E.ENOENT, lambda: get(a('f'))),
        ('a report that is not there', E.ENOENT, lambda: get(at('b', 'outblob'))),
        ('reading a directory', E.EISDIR, lambda: get(at('a'))),
        ('a look at an attribute as a directory', E.ENOTDIR, lambda: os.listdir(a('inblob'))),
        ('outblob without inblob', E.EINVAL, lambda: get(a('outblob'))),
        ('auxblob without inblob', E.EINVAL, lambda: get(a('auxblob'))),
        ('manifestblob without inblob', E.EINVAL, lambda: get(a('manifestblob'))),
        ('fsync', E.EINVAL, lambda: sync(a('privlevel'))),
        ('seeking in inblob', E.ESPIPE, lambda: seek(a('inblob'), os.O_WRONLY)),
        ('seeking in outblob', E.ESPIPE, lambda: seek(a('outblob'), os.O_RDONLY)),
        ('seeking in provider', 0, lambda: seek(a('provider'), os.O_RDONLY)),
        ('an extended attribute', E.EOPNOTSUPP, lambda: os.getxattr(a('inblob'), 'user.x')),
        ('65 bytes', E.EFBIG, lambda: put(a('inblob'), bytes(65))),
        ('a mebibyte', E.EFBIG, lambda: put(a('inblob'), bytes(1 << 20))),
        ('outblob of an empty inblob', E.EINVAL, lambda: get(a('outblob'))),
        ('31 bytes', 0, lambda: put(a('inblob'), bytes(31))),
        ('outblob of 31 bytes', E.EINVAL, lambda: get(a('outblob'))),
        ('privlevel 4', E.EINVAL, lambda: put(a('privlevel'), b'4')),
        ('privlevel x', E.EINVAL, lambda: put(a('privlevel'), b'x')),
        ('privlevel 2^32', E.ERANGE, lambda: put(a('privlevel'), b'4294967296')),
        ('privlevel 3', 0, lambda: put(a('privlevel'), b'3\n')),
        ('service_manifest_version -1', E.EINVAL, lambda: put(a('service_manifest_version'), b'-1')),
        ('service_guid', E.EINVAL, lambda: put(a('service_guid'), b'none')),
        ('service_provider', 0, lambda: put(a('service_provider'), b'somebody')),
        ('a truncating write', 0, lambda: put(a('inblob'), bytes(64), os.O_WRONLY | os.O_TRUNC | os.O_CREAT)),
        ('an appending write', 0, lambda: put(a('inblob'), CHALLENGE, os.O_WRONLY | os.O_APPEND)),
        ('chmod', 0, lambda: os.chmod(a('outblob'), 0o644)),
    ]
    for name in ('inblob', 'privlevel', 'service_provider', 'service_guid', 'service_manifest_version'):
        for flags, how in ((os.O_RDONLY, 'reading'), (os.O_RDWR, 'reading and writing')):
            rows.append((f'{how} {name}', E.EACCES, lambda n=name, f=flags: os.close(os.open(a(n), f))))
    for name in ('outblob', 'auxblob', 'manifestblob', 'provider', 'generation', 'privlevel_floor'):
        for flags, how in ((os.O_WRONLY, 'writing'), (os.O_RDWR, 'reading and writing')):
            rows.append((f'{how} {name}', E.EACCES, lambda n=name, f=flags: os.close(os.open(a(n), f))))
    for what, want, act in rows:
        refused(what, want, act)
    if CHALLENGE not in get(a('outblob')):
        complain('the token has another challenge')
    if get(a('auxblob')) or get(a('manifestblob')):
        complain('auxblob and manifestblob are not empty')
    if [get(a(n)) for n in ('provider', 'privlevel_floor', 'generation')] != [b'arm_cca_guest\n', b'0\n', b'8\n']:
        complain(f'generation {get(a("generation"))}')
    if sorted(os.listdir(at('a'))) != sorted(os.listdir(at('a'))) or len(os.listdir(at('a'))) != 11:
        complain(f'attributes: {os.listdir(at("a"))}')
    out, late = os.open(a('outblob'), os.O_RDONLY), os.open(a('provider'), os.O_RDONLY)
    first = os.read(out, 100)
    os.rmdir(at('a'))
    if first != b'' and len(os.read(out, 10000)) < 1000:
        complain('what an open file has seen is gone with the report')
    refused('reading a removed report', E.ENOENT, lambda: os.read(late, 10))
    os.close(out)
    os.close(late)
    print(f'{len(rows)} operations')


def one_of_many(i):
    challenge = hashlib.sha512(b'%d' % i).digest()
    name = at(f'p{i}')
    os.mkdir(name)
    put(os.path.join(name, 'inblob'), challenge)
    before = get(os.path.join(name, 'generation'))
    token = get(os.path.join(name, 'outblob'))
    ok = challenge in token and before == get(os.path.join(name, 'generation')) == b'1\n'
    os.rmdir(name)
    return ok


def together(n):
    with multiprocessing.Pool(n) as pool:
        good = pool.map(one_of_many, range(2 * n), chunksize=2)
    if not all(good):
        complain(f'{good.count(False)} of {2 * n} got another token than they asked for')


def ignore(act):
    try:
        act()
    except OSError:
        pass


def slow_reader(path):
    pid = os.fork()
    if pid == 0:
        try:
            get(path)
        except OSError:
            pass
        os._exit(0)
    return pid


def hostile_use(seed):
    r = random.Random(seed)
    name = at(f'h{r.randrange(40)}')
    a = lambda attribute: os.path.join(name, attribute)
    kinds = [
        lambda: os.mkdir(name),
        lambda: put(a('inblob'), CHALLENGE[:r.randrange(1, 65)]),
        lambda: put(a('inblob'), CHALLENGE),
        lambda: put(a('inblob'), bytes(r.randrange(65, 1 << 20))),
        lambda: put(a(r.choice(['privlevel', 'service_guid', 'service_provider'])), bytes(r.randrange(1, 1 << 18))),
        lambda: get(a(r.choice(['outblob', 'generation', 'auxblob']))),
        lambda: os.rmdir(name),
        lambda: os.listdir(r.choice([name, REPORT])),
    ]
    for _ in range(3):
        ignore(r.choice(kinds))
    what = r.randrange(4)
    if what == 0:  # removed while it is read
        ignore(lambda: os.mkdir(name))
        ignore(lambda: put(a('inblob'), CHALLENGE))
        pid = slow_reader(a('outblob'))
        ignore(lambda: os.rmdir(name))
        os.waitpid(pid, 0)
    elif what == 1:  # a reader that is killed
        ignore(lambda: os.mkdir(name))
        ignore(lambda: put(a('inblob'), CHALLENGE))
        pid = slow_reader(a('outblob'))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    elif what == 2:  # a file that stays open while its report goes
        ignore(lambda: os.mkdir(name))
        fds = []
        ignore(lambda: fds.append(os.open(a('inblob'), os.O_WRONLY)))
        ignore(lambda: os.rmdir(name))
        for fd in fds:
            ignore(lambda: os.write(fd, CHALLENGE))
            ignore(lambda: os.close(fd))


def memory(pid):
    with open(f'/proc/{pid}/status') as f:
        return int(next(line for line in f if line.startswith('VmRSS')).split()[1])


def hostile(n):
    server = os.getppid()
    with multiprocessing.Pool(8) as pool:
        pool.map(hostile_use, range(n // 4))  # every thread has its buffers now
        before = memory(server)
        pool.map(hostile_use, range(n // 4, n))
    for name in os.listdir(REPORT):
        os.rmdir(at(name))
    if not one_of_many(0):
        complain('no token after all that')
    after = memory(server)
    if after > before + 16384:
        complain(f'the server has {after} KiB, it had {before}')
    print(f'{n} uses; the server has {after} KiB, it had {before}')


if __name__ == '__main__':
    if sys.argv[1] == 'errnos':
        errnos()
    elif sys.argv[1] == 'together':
        together(int(sys.argv[2]))
    else:
        hostile(int(sys.argv[2]))
    if os.listdir(REPORT):
        complain(f'left: {os.listdir(REPORT)}')
    sys.exit(1 if bad else 0)
