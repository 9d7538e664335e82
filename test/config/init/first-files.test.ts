import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS, builtins } from '../../../src/app/builtins.js'
import { partTraitsIn } from '../../../src/app/plugins/part-traits.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { parseText } from '../../../src/config/files/format.js'
import { firstFiles } from '../../../src/config/init/first-files.js'
import { type Answers, checkAnswer, questions } from '../../../src/config/init/questions.js'
import { A, OWN } from '../../support/keys.js'

const ANSWERS: Answers = {
  host: 'vpn.example.org',
  transports: 'udp, tcp',
  port: '51820',
  network: '10.1.0.0/16, fd01::/64',
  client: 'laptop',
}
const KEYS = { serverPrivateKey: OWN.privateKey, serverPublicKey: OWN.publicKey, ...A, plugins: [] }

const read = (text: string) => modelOf('f', parseText('toml', 'f', text), publicKeyOf, BUILT_IN_TRAITS).model

describe('firstFiles', () => {
  it('makes two files that fit together', () => {
    const files = firstFiles(ANSWERS, KEYS, undefined, BUILT_IN_TRAITS)
    const [server, client] = [read(files.server), read(files.client)]
    expect(server.interface.address).toEqual(['10.1.0.1/16', 'fd01::1/64'])
    expect(server.interface.listen).toEqual(['udp://[::]:51820', 'tcp://[::]:51820'])
    expect(client.peers[0]!.publicKey).toBe(publicKeyOf(server.interface.privateKey!))
    expect(server.peers[0]!.publicKey).toBe(publicKeyOf(client.interface.privateKey!))
    expect(server.peers[0]!.allowedIps).toEqual(client.interface.address)
    expect(client.peers[0]!.endpoints).toEqual(server.server!.endpoints)
  })

  it('writes an IPv6 address of the server as URLs want it', () => {
    const { client } = firstFiles({ ...ANSWERS, host: '2001:db8::1' }, KEYS, undefined, BUILT_IN_TRAITS)
    expect(read(client).peers[0]!.endpoints![0]).toBe('udp://[2001:db8::1]:51820')
  })

  it('takes the ports of the web for WebSocket, and a certificate for wss', () => {
    const answers = { ...ANSWERS, transports: 'wss, ws' }
    expect(() => firstFiles(answers, KEYS, undefined, BUILT_IN_TRAITS)).toThrow(
      'give --tls-cert and --tls-key',
    )
    const { server } = firstFiles(answers, KEYS, { certFile: '/c', keyFile: '/k' }, BUILT_IN_TRAITS)
    expect(read(server)).toMatchObject({
      interface: { listen: ['wss://[::]:443', 'ws://[::]:80'] },
      tls: { certFile: '/c', keyFile: '/k' },
    })
  })
})

describe('files with a transport of a plugin', () => {
  const create = () => expect.unreachable()
  const mine = { summary: '', ports: { mine: 4222 }, rank: 4, create }
  const withMine = (more: object) =>
    partTraitsIn([builtins, { api: 1, name: 'p', transports: { mine: { ...mine, ...more } } }])
  const answers = { ...ANSWERS, transports: 'mine, udp' }
  const keys = { ...KEYS, plugins: ['/lib/mine.js'] }

  it('have its port and name its plugin at both ends', () => {
    const { client, server } = firstFiles(answers, keys, undefined, withMine({}))
    expect(read(server).interface).toMatchObject({
      listen: ['mine://[::]:4222', 'udp://[::]:51820'],
      plugins: ['/lib/mine.js'],
    })
    expect(read(client).interface.plugins).toEqual(['/lib/mine.js'])
    const [, transports, port] = questions(randomBytes, withMine({}))
    expect(transports!.text).toContain('(udp, tcp, ws, wss, mine)')
    expect(port!.text).toBe('Port for udp and tcp')
    expect(transports!.wrong('mine')).toBeUndefined()
  })

  it('take a certificate if it listens with one', () => {
    expect(() => firstFiles(answers, keys, undefined, withMine({ certified: ['mine'] }))).toThrow(
      'Cannot offer mine without a certificate: give --tls-cert and --tls-key',
    )
  })
})

describe('the five questions', () => {
  const all = questions(randomBytes, BUILT_IN_TRAITS)

  it('are five, and all but the first have a usual answer, which is right', () => {
    expect(all.map(({ name }) => name)).toEqual(['host', 'transports', 'port', 'network', 'client'])
    for (const question of all.slice(1)) expect(question.wrong(question.usual!)).toBeUndefined()
    expect(all[0]!.usual).toBeUndefined()
  })

  it.each([
    ['host', ['', 'a b', 'udp://x']],
    ['transports', ['', 'udp udp', 'udp, udp', 'smoke']],
    ['port', ['', '0', '65536', '1.5', 'http']],
    ['network', ['', '10.0.0.1', '10.0.0.0/31', '0.0.0.0/0', '10.0.0.0/24,']],
    ['client', ['', 'a/b', 'server', 'ü'.repeat(65)]],
  ])('do not take for --%s any of %j', (name, wrong) => {
    const question = all.find((candidate) => candidate.name === name)!
    for (const answer of wrong) {
      expect(() => checkAnswer(question, answer)).toThrow(
        `Cannot use --${name}: '${answer}' is wrong, it is `,
      )
    }
  })
})
