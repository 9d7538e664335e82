import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LabHost } from '../../../lab/lab.js'
import { WIREGUARD_GO } from '../../../lab/wireguard-go.js'
import { ABSENT, HUB, type HubClient, HubLab } from '../../support/e2e/labs/hub.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const CLIENTS = 20
/** Seconds that a ping has, where there should be an answer and where there should be none. */
const PATIENCE = 10
const MOMENT = 2
/** The last pings of a stream that may still be under way when it is stopped: those of two seconds. */
const UNDER_WAY = 20
/** Packets from each foreign source. */
const FOREIGN = 5

describeWhere(
  ['root', '/dev/net/tun', `program ${WIREGUARD_GO}`, 'program wg', 'program tinyproxy', 'program tcpdump'],
  `a server and ${CLIENTS} clients over udp, tcp, ws through a proxy, and as plain WireGuards`,
  () => {
    let lab: HubLab
    /** Those that come later, and those that leave. */
    let late: readonly HubClient[]
    let leaving: readonly HubClient[]
    beforeAll(async () => {
      lab = new HubLab(CLIENTS)
      late = lab.clients.slice(-4)
      leaving = lab.clients.slice(0, 4)
    }, 20_000)
    afterAll(() => lab.remove(), 20_000)

    it('lets every pair ping, or none where they are isolated; no foreign source passes, and a reload costs the others nothing', async () => {
      const { clients, server } = lab
      const early = clients.filter((client) => !late.includes(client))
      await lab.startServer(early)
      await lab.startClients(early)
      expect(await unreached(early, early)).toEqual([])

      // Clients come under traffic, one of each kind.
      const steady = early.filter((client) => !leaving.includes(client))
      const stopTraffic = startTraffic(steady)
      await lab.reload(clients)
      await lab.startClients(late)
      expect(await unreached(clients, clients)).toEqual([])

      expect(await foreignPackets(server, clients)).toEqual([])
      expect(await lab.dropped('pump.foreignSource')).toBeGreaterThanOrEqual(3 * FOREIGN * clients.length)

      await lab.reload(clients, true)
      expect(await reached(clients, clients, MOMENT)).toEqual([])
      expect(await unanswered(clients, HUB.ipv4)).toEqual([])

      // Clients leave under traffic.
      const staying = clients.filter((client) => !leaving.includes(client))
      await lab.reload(staying)
      expect(await answered(leaving, HUB.ipv4)).toEqual([])
      expect(await unreached(staying, staying)).toEqual([])
      expect(await stopTraffic()).toEqual(steady.map(({ name }) => `${name} lost 0`))
    }, 120_000)
  },
)

/** The pairs of which the second does not answer to the first, by IPv4 or by IPv6. */
async function unreached(from: readonly HubClient[], to: readonly HubClient[]): Promise<string[]> {
  return differing(from, to, PATIENCE, (client, answers) => !answers.has(client))
}

/** The pairs of which the second answers to the first, other than to itself. */
async function reached(
  from: readonly HubClient[],
  to: readonly HubClient[],
  seconds: number,
): Promise<string[]> {
  return differing(from, to, seconds, (client, answers) => answers.has(client))
}

async function differing(
  from: readonly HubClient[],
  to: readonly HubClient[],
  seconds: number,
  differs: (address: string, answers: ReadonlySet<string>) => boolean,
): Promise<string[]> {
  const found = await Promise.all(
    from.map(async (client) => {
      const others = to.filter((other) => other !== client)
      // Each pair by one family, and by the other one the other way round.
      const addressOf = (other: HubClient) => (other.number > client.number ? other.ipv4 : other.ipv6)
      const answers = new Set(await answersOf(client.host, others.map(addressOf), seconds))
      return others
        .filter((other) => differs(addressOf(other), answers))
        .map((other) => `${client.name} to ${other.name}`)
    }),
  )
  return found.flat()
}

/** The clients to which an address does not answer. */
async function unanswered(clients: readonly HubClient[], address: string): Promise<string[]> {
  const answers = await Promise.all(clients.map(({ host }) => answersOf(host, [address], PATIENCE)))
  return clients.filter((_, index) => answers[index]!.length === 0).map(({ name }) => name)
}

/** The clients to which an address answers, soon. */
async function answered(clients: readonly HubClient[], address: string): Promise<string[]> {
  const answers = await Promise.all(clients.map(({ host }) => answersOf(host, [address], MOMENT)))
  return clients.filter((_, index) => answers[index]!.length > 0).map(({ name }) => name)
}

/** Which of these addresses answer a ping of a host, of which there are a few until the first answer. */
async function answersOf(host: LabHost, addresses: readonly string[], seconds: number): Promise<string[]> {
  const ping = (address: string) =>
    `(ping -q -c 1 -i 0.5 -w ${seconds} ${address} >/dev/null && echo ${address}) &`
  const said = await host.run('sh', '-c', `${addresses.map(ping).join('\n')}\nwait`)
  return said.split('\n').filter((line) => line !== '')
}

/** Pings from clients to the server, several a second, until they are stopped; then how many each lost. */
function startTraffic(clients: readonly HubClient[]): () => Promise<string[]> {
  const pings = clients.map(({ host }) => host.start('ping', ['-n', '-i', '0.1', HUB.ipv4]))
  return async () => {
    for (const ping of pings) ping.kill('SIGINT')
    const reports = await Promise.all(pings.map((ping) => ping.output()))
    return reports.map((report, index) => {
      const answered = [...report.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number))
      const last = Math.max(0, ...answered)
      const unanswered = Number(/(\d+) packets transmitted/.exec(report)![1]) - last
      const lost = last - new Set(answered).size + (unanswered > UNDER_WAY ? unanswered : 0)
      return `${clients[index]!.name} lost ${lost}`
    })
  }
}

/** What comes out of the server's tunnel with a source that is another client's or nobody's, when all of them send such packets. */
async function foreignPackets(server: LabHost, clients: readonly HubClient[]): Promise<string[]> {
  const { beyond, ipv4, ipv6 } = ABSENT
  const filter = `src host ${ipv4} or src host ${beyond} or src host ${ipv6}`
  const capture = server.start('tcpdump', ['-lnp', '--immediate-mode', '-i', 'hub', filter])
  await capture.line('listening on')
  await Promise.all(
    clients.map(async ({ host }) => {
      const lines = [ipv4, beyond, ipv6].flatMap((source) => [
        `ip address add ${source} dev lo nodad`,
        `ping -q -c ${FOREIGN} -i 0.1 -W 1 -I ${source} ${source.includes(':') ? HUB.ipv6 : HUB.ipv4} || true`,
        `ip address delete ${source} dev lo`,
      ])
      await host.run('sh', '-c', lines.join('\n'))
    }),
  )
  capture.kill('SIGINT')
  await capture.ending()
  return capture.stdout.filter((line) => line !== '')
}
