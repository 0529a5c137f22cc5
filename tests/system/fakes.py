"""False children of the monitor. Broker(fakes={...}) writes a script in place of a real executable, which calls one of
these functions; so it runs with that child's fds and rights, and what it does is the worst that such a child could do.

Everything they see goes to fd 2, which is the broker's log.
"""
import os
import select
import socket
import time

import wire

CHANNEL, MONITOR = 3, 4


def _say(text):
    os.write(2, f"fake: {text}\n".encode())


def _socket(fd):
    return socket.socket(fileno=fd)


# ---- the authority ----

def authority(default=wire.YES, by_uid=None, wait_for=None, malformed=False, ticket=None, twice=False, unasked=False,
              yes=True, other=None):
    """Answers every question, and tells the monitor first if the answer is yes.

    default    the verdict; None: never answers, until the question is cancelled
    by_uid     other verdicts for some users
    wait_for   answers only once this path exists, and answers cancelled questions all the same
    malformed  the verdict is cut short
    ticket     the verdict bears this ticket instead of the question's
    twice      answers each question twice
    unasked    gives the clerk a verdict before it was asked anything
    yes        False: the monitor gets no yes
    other      fields of the question that the monitor is told otherwise than polkit was asked
    """
    clerk, monitor = _socket(CHANNEL), _socket(MONITOR)
    waiting = []
    if unasked:
        time.sleep(0.3)
        clerk.send(wire.Verdict.pack(os.urandom(16), wire.YES, 0))
    while True:
        readable, _, _ = select.select([clerk], [], [], 0.02 if waiting and wait_for else None)
        if readable:
            data, fds = wire.receive(clerk)
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
                    clerk.send(wire.Verdict.pack(ticket_of, wire.CANCELLED, 0))
        if wait_for is not None and not os.path.exists(wait_for):
            continue
        for question in list(waiting):
            verdict = (by_uid or {}).get(question.uid, default)
            if verdict is None:
                continue
            waiting.remove(question)
            for _ in range(2 if twice else 1):
                if verdict == wire.YES and yes and question.action == wire.ACTION_OPEN:
                    monitor.send(wire.Yes.pack(wire.Question.layout.pack(*question._replace(**other or {}))))
                answer = wire.Verdict.pack(ticket or question.ticket, verdict, 0)
                clerk.send(answer[:-4] if malformed else answer)
                _say("answered")


def _say_question(question):
    word = "question" if question.action < wire.ACTION_WOULD_OPEN else "inquiry"
    _say(f"{word} uid={question.uid} pid={question.pid} kind={question.kind} mode={question.mode} "
         f"flags={question.flags} mtu={question.mtu} queues={question.queues} network={wire.text(question.network)} "
         f"name={wire.text(question.name)} bridge={wire.text(question.bridge)} parent={wire.text(question.parent)}")


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
            channel.send(wire.NodeAnswer.pack(error, asked.serial))
            continue
        path = answer or ("/dev/net/tun" if asked.node == wire.NODE_TUN else f"/dev/tap{asked.ifindex}")
        fd = os.open(path, os.O_RDWR) if asked.node != wire.NODE_VHOST else os.open(vhost, os.O_PATH)
        wire.send(channel, wire.NodeFd.pack(0, asked.serial), [fd])
        os.close(fd)
        channel.send(wire.NodeAnswer.pack(0, asked.serial))
