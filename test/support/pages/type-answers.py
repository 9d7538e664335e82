# type-answers.py COMMAND [ANSWER…]: runs a command of a shell on a terminal, and types an answer at each of its questions.
import os
import pty
import re
import sys

command, *answers = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-c", command])
said = ""
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:  # the command has ended
        break
    sys.stdout.buffer.write(more)
    said += re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", more.decode(errors="replace"))
    if answers and said.endswith(": "):
        os.write(terminal, answers.pop(0).encode() + b"\r")
        said = ""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
