"""False children of the monitor. Broker(fakes={...}) writes a script in place of a real executable, which calls one of
these functions; so it runs with that child's fds and rights, and what it does is the worst that such a child could do.

Everything they see goes to fd 2, which is the broker's log.
"""
import os
import select
import socket
import struct
import time

import wire

CHANNEL, LISTENING = 3, 4


def _say(text):
    os.write(2, f"fake: {text}\n".encode())


def _socket(fd):
    return socket.socket(fileno=fd)


# ---- the authority ----

def authority(default=wire.YES, by_uid=None, wait_for=None, malformed=False, ticket=None, twice=False, unasked=False):
    """Answers every question.

    default    the verdict; None: never answers, until the question is cancelled
    by_uid     other verdicts for some users
    wait_for   answers only once this path exists, and answers cancelled questions all the same
    malformed  the answer is cut short
    ticket     the answer bears this ticket instead of the question's
    twice      answers each question twice
    unasked    says yes before it was asked anything
    """
    channel = _socket(CHANNEL)
    waiting = []
    if unasked:
        time.sleep(0.3)
        channel.send(wire.Verdict.pack(os.urandom(16), wire.YES, 0))
    while True:
        readable, _, _ = select.select([channel], [], [], 0.02 if waiting and wait_for else None)
        if readable:
            data, fds = wire.receive(channel)
            if not data:
                return
            for fd in fds:
                os.close(fd)
            if wire.Question.fits(data):
                question = wire.Question.unpack(data)
                _say_question(question)
                waiting.append(question)
            else:
                _say("cancel")
                ticket_of = wire.Cancel.unpack(data).ticket
                if wait_for is None and any(question.ticket == ticket_of for question in waiting):
                    waiting = [question for question in waiting if question.ticket != ticket_of]
                    channel.send(wire.Verdict.pack(ticket_of, wire.CANCELLED, 0))
        if wait_for is not None and not os.path.exists(wait_for):
            continue
        for question in list(waiting):
            verdict = (by_uid or {}).get(question.uid, default)
            if verdict is None:
                continue
            waiting.remove(question)
            answer = wire.Verdict.pack(ticket or question.ticket, verdict, 0)
            channel.send(answer[:-4] if malformed else answer)
            _say("answered")
            if twice:
                channel.send(answer)


def _say_question(question):
    _say(f"question uid={question.uid} pid={question.pid} kind={question.kind} mode={question.mode} "
         f"flags={question.flags} mtu={question.mtu} queues={question.queues} network={wire.text(question.network)} "
         f"name={wire.text(question.name)} bridge={wire.text(question.bridge)} parent={wire.text(question.parent)}")


# ---- the listener ----

def _pass_on(channel, fd):
    wire.send(channel, wire.Client.pack(), [fd])


def _serve_honestly(channel, listening):
    """What a listener without meters does: passes everybody on at once, until the monitor ends."""
    while channel not in select.select([listening, channel], [], [])[0]:
        client, _ = listening.accept()
        _pass_on(channel, client.fileno())
        client.close()


def listener(attack=None, path=None, wanted=b""):
    """Makes one of the attacks below (attack="x" is attack_x) when somebody first connects, then serves honestly.

    path    of the broker's socket, or of another service's
    wanted  a well-formed request, for the attacks that bring their own
    """
    channel, listening = _socket(CHANNEL), _socket(LISTENING)
    held = None
    if attack:
        select.select([listening], [], [])
        try:
            held = globals()["attack_" + attack](channel, listening, path, wanted)
            _say(f"attack {attack} done")
        except OSError as error:
            _say(f"attack {attack} failed: {error}")
    _serve_honestly(channel, listening)
    return held  # whatever sockets the attack needs open until now


def attack_own_socketpair(channel, listening, path, wanted):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.send(wanted)
    _pass_on(channel, theirs.fileno())
    return ours


def attack_own_connection(channel, listening, path, wanted):
    """An honest connection, but the listener's own."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.connect(path)
    ours.send(wanted)
    theirs = _accept_from_self(channel, listening, ours)
    _pass_on(channel, theirs.fileno())
    return ours, theirs


def _accept_from_self(channel, listening, ours):
    """Accepts until it is our own connection; the others are passed on."""
    while True:
        select.select([listening], [], [])
        client, _ = listening.accept()
        pid, _, _ = struct.unpack("iII", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if pid == os.getpid():
            return client
        _pass_on(channel, client.fileno())
        client.close()


def attack_wrong_end(channel, listening, path, wanted):
    """The client's end of our own connection: its peer credentials are those of whoever called listen(): root's."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.connect(path)
    theirs = _accept_from_self(channel, listening, ours)
    theirs.send(wanted)
    _pass_on(channel, ours.fileno())
    return ours, theirs


def attack_root_service(channel, listening, path, wanted):
    """A connection to another service of root's, which echoes what it is sent."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.connect("/run/root-echo")
    ours.send(wanted)
    select.select([ours], [], [])
    _pass_on(channel, ours.fileno())
    return ours


def attack_root_stream(channel, listening, path, wanted):
    """The same over a stream socket."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.connect("/run/root-echo-stream")
    ours.send(wanted)
    select.select([ours], [], [])
    _pass_on(channel, ours.fileno())
    return ours


def attack_pipe(channel, listening, path, wanted):
    reading, writing = os.pipe()
    os.write(writing, wanted)
    _pass_on(channel, reading)


def attack_directory(channel, listening, path, wanted):
    fd = os.open("/", os.O_RDONLY)
    _pass_on(channel, fd)


def attack_datagrams(channel, listening, path, wanted):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.send(wanted)
    _pass_on(channel, theirs.fileno())
    return ours


def attack_listening_socket(channel, listening, path, wanted):
    _pass_on(channel, listening.fileno())


def attack_channel_itself(channel, listening, path, wanted):
    _pass_on(channel, channel.fileno())


def attack_same_twice(channel, listening, path, wanted):
    """The first client that comes, passed twice: its one request must bring one device."""
    client, _ = listening.accept()
    _pass_on(channel, client.fileno())
    _pass_on(channel, client.fileno())
    return client


def attack_eat_request(channel, listening, path, wanted):
    """Takes the request out of the client's socket, then passes that on."""
    client, _ = listening.accept()
    client.recv(4096)
    _pass_on(channel, client.fileno())


def attack_no_fd(channel, listening, path, wanted):
    channel.send(wire.Client.pack())


def attack_two_fds(channel, listening, path, wanted):
    fd = os.open("/dev/null", os.O_RDONLY)
    wire.send(channel, wire.Client.pack(), [fd, fd])


def attack_a_verdict(channel, listening, path, wanted):
    """A message of another channel."""
    channel.send(wire.Verdict.pack(bytes(16), wire.YES, 0))


def attack_noise(channel, listening, path, wanted):
    channel.send(b"\xff" * 16)


# ---- the opener ----

def opener(errors=(), answer=None, silent=False, vhost=None):
    """Opens the nodes that it is asked for.

    errors  the errnos of its first answers, without an fd; 0: none
    answer  a path that it opens whatever it was asked for
    silent  never answers
    vhost   a path that it opens for vhost-net, but not the device behind it, which this kernel may not have
    """
    channel = _socket(CHANNEL)
    errors = list(errors)
    while True:
        data, _ = wire.receive(channel)
        if not data:
            return
        asked = wire.NodeRequest.unpack(data)
        _say(f"node {asked.node} ifindex={asked.ifindex} name={wire.text(asked.name)}")
        if silent:
            continue
        error = errors.pop(0) if errors else 0
        if error:
            channel.send(wire.NodeAnswer.pack(error, 0))
            continue
        path = answer or ("/dev/net/tun" if asked.node == wire.NODE_TUN else f"/dev/tap{asked.ifindex}")
        fd = os.open(path, os.O_RDWR) if asked.node != wire.NODE_VHOST else os.open(vhost, os.O_PATH)
        wire.send(channel, wire.NodeAnswer.pack(0, 0), [fd])
        os.close(fd)
        channel.send(wire.NodeClosed.pack(0, 0))
