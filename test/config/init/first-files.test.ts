import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
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
const KEYS = { serverPrivateKey: OWN.privateKey, serverPublicKey: OWN.publicKey, ...A }

const read = (text: string) => modelOf('f', parseText('toml', 'f', text), publicKeyOf).model

describe('firstFiles', () => {
  it('makes two files that fit together', () => {
    const files = firstFiles(ANSWERS, KEYS, undefined)
    const [server, client] = [read(files.server), read(files.client)]
    expect(server.interface.address).toEqual(['10.1.0.1/16', 'fd01::1/64'])
    expect(server.interface.listen).toEqual(['udp://[::]:51820', 'tcp://[::]:51820'])
    expect(client.peers[0]!.publicKey).toBe(publicKeyOf(server.interface.privateKey!))
    expect(server.peers[0]!.publicKey).toBe(publicKeyOf(client.interface.privateKey!))
    expect(server.peers[0]!.allowedIps).toEqual(client.interface.address)
    expect(client.peers[0]!.endpoints).toEqual(server.server!.endpoints)
  })

  it('writes an IPv6 address of the server as URLs want it', () => {
    const { client } = firstFiles({ ...ANSWERS, host: '2001:db8::1' }, KEYS, undefined)
    expect(read(client).peers[0]!.endpoints![0]).toBe('udp://[2001:db8::1]:51820')
  })

  it('takes the ports of the web for WebSocket, and a certificate for wss', () => {
    const answers = { ...ANSWERS, transports: 'wss, ws' }
    expect(() => firstFiles(answers, KEYS, undefined)).toThrow('give --tls-cert and --tls-key')
    const { server } = firstFiles(answers, KEYS, { certFile: '/c', keyFile: '/k' })
    expect(read(server)).toMatchObject({
      interface: { listen: ['wss://[::]:443', 'ws://[::]:80'] },
      tls: { certFile: '/c', keyFile: '/k' },
    })
  })
})

describe('the five questions', () => {
  const all = questions(randomBytes)

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
