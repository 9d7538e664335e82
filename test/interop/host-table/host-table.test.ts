import { afterEach, beforeEach, expect, it } from 'vitest'
import { mountsOf } from '../../../lab/debian-packages.js'
import { randomFrom } from '../../../src/conformance/kit/packets.js'
import { FullTunnelLab } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { tellProgress } from '../../support/e2e/tell-progress.js'
import { NEEDS } from '../wireguard-tunnel.js'
import { attempt, PORT } from './attempts.js'
import { ENDINGS } from './endings.js'
import { FILES, type TableFile } from './files.js'
import { HOST_STATES, type HostState } from './host-states.js'

/** "all" or a number of rows, and which ones. */
const COUNT = process.env.QANAT_HOST_TABLE ?? '2'
const SEED = Number(process.env.QANAT_HOST_TABLE_SEED ?? 15)
/** Milliseconds. A row takes about twenty seconds on an idle machine. */
const TIMEOUT = 240_000
const ALL = HOST_STATES.flatMap((state) =>
  FILES.map((file) => [`${state.name}, ${file.name}`, state, file] as const),
)
const ROWS = COUNT === 'all' ? ALL : some(Number(COUNT))
/** Hooks that call iptables leave its tables and their chains behind: here they are there before. */
const TABLES = `
  for family in iptables ip6tables; do
    $family-restore -w <<'RULES'
*nat
:POSTROUTING ACCEPT [0:0]
COMMIT
*filter
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
RULES
  done`
/** What wg-quick sets and never restores. */
const LEFT_BY_WG_QUICK = /^[-+] net\.ipv4\.conf\.all\.src_valid_mark = [01]$/

const PACKAGES = [...new Set(ROWS.flatMap(([, state]) => state.packages ?? []))]

describeWhere(
  [
    ...[...NEEDS, 'koffi' as const, 'program wg-quick' as const, 'program nft' as const],
    ...(['program iptables-restore', 'program sysctl', 'program dbus-daemon', 'program networkctl'] as const),
    ...PACKAGES.map((name) => `Debian package ${name}` as const),
  ],
  `a host and a file (${COUNT} of ${ALL.length} pairs from seed ${SEED})`,
  () => {
    let lab: FullTunnelLab
    let laid: HostState | undefined
    beforeEach(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
    })
    afterEach(async () => {
      if (laid?.end !== undefined) await lab.client.run('sh', '-c', laid.end)
      lab.remove()
    })

    it.each(ROWS)(
      'carries Qanat’s tunnels as it does wg-quick’s, and is as before: %s',
      async (name, state, file) => {
        tellProgress(`${name}, ${ROWS.findIndex((row) => row[0] === name) + 1} of ${ROWS.length}`)
        laid = state
        const host = { lab, state }
        if (state.packages !== undefined) await lab.client.remount(mountsOf(state.packages))
        await lab.client.run('sh', '-ec', `${TABLES}\n${state.lay}`)
        await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
        const ours = await attempt(host, file, 'Qanat')
        const left: Record<string, readonly string[]> = { 'an orderly end': ours.left }
        for (const [name, end] of Object.entries(ENDINGS)) left[name] = await end(host, file)
        const reference = await attempt(host, file, 'wg-quick with wireguard-go')
        await mend(state)
        const dropIn = await attempt(host, file, 'wg-quick with qanat-wg')
        await mend(state)
        const { meanwhile } = state
        const answers = [...file.reaches, ...namesOf(state, file)]
        const answersLater = meanwhile && answers
        const works = { refusal: undefined, answers, answersLater }
        expect(ours).toMatchObject(
          meanwhile?.endsOurs === undefined
            ? works
            : {
                refusal: expect.stringMatching(meanwhile.endsOurs),
                answers,
                answersLater: expect.anything(),
              },
        )
        expect(left).toEqual(Object.fromEntries(Object.keys(left).map((name) => [name, []])))
        const isDropped = state.dropsWgQuick !== undefined && file.isFull
        const isBroken = meanwhile?.breaks === 'all' || (meanwhile?.breaks !== undefined && file.isFull)
        for (const theirs of [reference, dropIn]) {
          if (isDropped) expect(theirs).toMatchObject({ refusal: undefined, answers: [] })
          else if (!isBroken) expect(theirs).toMatchObject(works)
          else expect(theirs.answersLater).not.toEqual(answers)
          const mended = meanwhile?.mend === undefined ? theirs.left : []
          for (const line of mended) expect(line).toMatch(LEFT_BY_WG_QUICK)
        }
      },
      TIMEOUT,
    )
    async function mend({ meanwhile }: HostState): Promise<void> {
      if (meanwhile?.mend !== undefined) await lab.client.run('sh', '-c', meanwhile.mend)
    }
  },
)

function namesOf({ asks }: HostState, { nameServer }: TableFile): string[] {
  return asks === undefined || nameServer === undefined ? [] : [`${nameServer} for names`]
}

function some(count: number): typeof ALL {
  const random = randomFrom(SEED)
  return Array.from({ length: count }, () => ALL[Math.floor(random() * ALL.length)]!)
}
