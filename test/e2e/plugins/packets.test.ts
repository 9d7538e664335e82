import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lossOf } from '../../support/e2e/connect.js'
import { copy, copyEachWay } from '../../support/e2e/labs/copy.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  groupFullTunnelLab,
  OUTER,
  SERVER,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { endCleanly, killEachEnd } from '../../support/e2e/labs/kill-each-end.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5197
const COPY_BYTES = 20_000_000
/** Bytes that have a rate drop some: more than may pass at once. */
const SOME = 2_000_000
/** Milliseconds for all of it, on a busy machine. */
const TIMEOUT = 120_000

/** A plugin at both ends, and the figure of what the client drops. */
interface Tried {
  readonly name: string
  readonly client: string
  readonly server: string
  /** Whether the client answers what it did not ask for. */
  readonly answers: boolean
  readonly counted: string
}

const RATES = 'rates = ["200Mbit burst 64KiB"]'
const TRIED: readonly Tried[] = [
  {
    name: 'packets-filter',
    client: 'rules = ["allow out", "allow in tcp port 8000"]',
    server: 'rules = ["allow in", "allow out"]',
    answers: false,
    counted: 'denied',
  },
  { name: 'packets-rate', client: RATES, server: RATES, answers: true, counted: 'exceeded' },
]

describeWhere(CAPTURED_TUNNEL, 'a full tunnel through a packet hook', () => {
  const lab = groupFullTunnelLab()

  it.each(TRIED)(
    'of $name loses no ping, copies 20 MB each way, comes back after kill -9 of either end, and lets nothing past it',
    async (tried) => {
      const capture = await lab.capture(OUTER, PORT)
      const [serve, call] = startersOf(tried)
      const server = await serve()
      const client = await call()
      expect(await lossOf(lab.client, SERVER.ipv4)).toBe('0%')
      await copyEachWay(lab, COPY_BYTES)
      const again = await killEachEnd(lab, { server, serve, client, call })

      await copy(lab.client, lab.server, CLIENT.ipv4, SOME)
      const unasked = lab.server.start('ping', ['-nq', '-c', '3', '-i', '0.01', '-W', '1', CLIENT.ipv4])
      await unasked.ending()
      expect(unasked.stdout.join()).toContain(tried.answers ? ' 0% packet loss' : ' 100% packet loss')
      expect(capture.stdout).toEqual([])
      await endCleanly(again, lab.client)
      const dropped = { [`hooks.${tried.name}.${tried.counted}`]: expect.any(Number) }
      expect(logOf(again).find(({ message }) => message === 'tunnel carried')).toMatchObject({ dropped })
    },
    TIMEOUT,
  )

  /** What starts the server, and what starts the client. */
  function startersOf({ name, client, server }: Tried) {
    const path = join(import.meta.dirname, `../../../plugins/${name}/index.js`)
    const more = [`plugins = ["${path}"]`, `hooks = ["${name}"]`]
    const rest = (option: string) => [`[plugin.${name}]`, option]
    const serverFile = lab.serverFile(`udp://0.0.0.0:${PORT}`, more, rest(server))
    const clientFile = lab.clientFile({
      endpoint: `udp://${OUTER}:${PORT}`,
      allowed: ['0.0.0.0/0', '::/0'],
      more: [...more, 'kill-switch = true'],
      rest: rest(client),
    })
    return [() => lab.serve(serverFile), () => lab.call(clientFile)] as const
  }
})
