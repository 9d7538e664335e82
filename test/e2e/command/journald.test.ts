import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { INNER, QANAT } from '../../../lab/lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const JOURNALD = '/lib/systemd/systemd-journald'
const [LOCAL, PEER] = INNER.ipv4

/** Runs a journal of its own, and the program twice as systemd would: a start that fails, and a tunnel until its endpoint refuses. */
const SCRIPT = `
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal
printf '[Journal]\\nReadKMsg=no\\nAudit=no\\nStorage=volatile\\n' > /run/systemd/journald.conf.d/test.conf
ip link set lo up
${JOURNALD} > /dev/null 2>&1 & journald=$!
trap 'kill $journald; wait $journald || true' EXIT
until [ -S /run/systemd/journal/stdout ]; do sleep 0.05; done
as_unit='export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2); exec "$@"'
read_journal() { journalctl -D /run/log/journal -o json --no-pager --output-fields=PRIORITY,MESSAGE,SYSLOG_IDENTIFIER; }
systemd-cat -t failing sh -c "$as_unit" sh "$@" up /none.toml || true
systemd-cat -t tunnel sh -c "$as_unit" sh "$@" -k 12 -p tcp://127.0.0.1:9 ${LOCAL} ${PEER} --cipher xor --log-level debug & tunnel=$!
until read_journal | grep -q 'endpoint does not answer'; do sleep 0.2; done
kill -TERM $tunnel; wait $tunnel || true
until read_journal | grep -q 'tunnel carried'; do sleep 0.2; done
read_journal
`

/** An entry of the journal as journalctl tells it. */
interface Entry {
  readonly SYSLOG_IDENTIFIER: string
  readonly PRIORITY: string
  readonly MESSAGE: string
}

const NEEDS = [
  ...(['root', '/dev/net/tun', 'program ip', 'program unshare'] as const),
  ...([`program ${JOURNALD}`, 'program journalctl', 'program systemd-cat'] as const),
]

describeWhere(NEEDS, 'the journal of systemd', () => {
  it('has each line by its priority, which is no part of it', () => {
    const { QANAT_LOG_FORMAT: _format, ...env } = process.env
    const namespaces = ['--mount', '--net', '--propagation', 'private']
    const program = [process.execPath, QANAT]
    const { status, stderr, stdout } = spawnSync(
      'unshare',
      [...namespaces, 'bash', '-c', SCRIPT, 'bash', ...program],
      { env, encoding: 'utf8', timeout: 50_000 },
    )
    expect([status, stderr]).toEqual([0, ''])
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    const priorities = (name: string, begin: string) =>
      new Set(
        entries
          .filter(({ MESSAGE, SYSLOG_IDENTIFIER }) => SYSLOG_IDENTIFIER === name && MESSAGE.startsWith(begin))
          .map(({ PRIORITY }) => PRIORITY),
      )
    expect(priorities('failing', 'qanat: Cannot use /none.toml: ')).toEqual(new Set(['3']))
    expect(priorities('tunnel', 'The xor cipher protects nothing')).toEqual(new Set(['4']))
    expect(priorities('tunnel', 'endpoint does not answer endpoint=tcp://127.0.0.1:9 why=')).toContain('4')
    expect(priorities('tunnel', 'TUN device is up device=')).toEqual(new Set(['6']))
    expect(priorities('tunnel', 'stopping why=SIGTERM')).toEqual(new Set(['6']))
    expect(priorities('tunnel', 'connecting endpoint=tcp://127.0.0.1:9 waitingFor=')).toEqual(new Set(['7']))
    const own = entries.filter(({ SYSLOG_IDENTIFIER }) => SYSLOG_IDENTIFIER === 'tunnel')
    expect(own.filter(({ MESSAGE }) => /^<\d>/.test(MESSAGE))).toEqual([])
  })
})
