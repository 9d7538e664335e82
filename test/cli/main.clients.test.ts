import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { killingAt } from '../support/e2e/kill-points.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { expectRefusal } from '../support/refusal.js'

let folder: string
beforeEach(async () => {
  folder = temporaryFolder()
  await qanat('init', '--host', 'vpn.example.org').output()
})

function qanat(...args: string[]): Program {
  return new Program(process.execPath, [QANAT, ...args], { cwd: folder })
}
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const own = (name: string, content: string) => writeFileSync(join(folder, name), content, { mode: 0o600 })

describe('qanat qr', () => {
  it.each(['phone.conf', 'phone.toml'])('prints the code that add-client printed for %s', async (name) => {
    const adding = qanat('add-client', 'phone', '--config', 'server.toml', '-o', name, '--qr')
    await adding.output()
    expect(adding.stderr.length).toBeGreaterThan(20)
    const showing = qanat('qr', name)
    await showing.output()
    expect(showing.stdout).toEqual(adding.stderr)
    expect(showing.stderr).toEqual([])
  })

  it.each([
    ['has no private key', /^private-key = .*$/m, 'private-key-file = "none.key"', ['none.key']],
    ['is of another cipher', /^private-key = .*$/m, 'key = "12"\ncipher = "xor"', ['client.toml']],
    [
      'has no endpoint of udp://',
      /^endpoints = .*$/m,
      'endpoints = ["wss://vpn.example.org"]',
      ["Cannot show client.toml as a QR code for WireGuard's apps: it has no endpoint of udp://"],
    ],
  ])('refuses a file that %s', async (_what, line, instead, says) => {
    own('client.toml', text('client.toml').replace(line, instead))
    await expectRefusal(qanat('qr', 'client.toml'), says)
  })

  it('refuses a file that is not there', async () => {
    await expectRefusal(qanat('qr', 'none.conf'), ['none.conf'])
  })
})

describe('qanat add-client', () => {
  it('adds all of several clients that are added at once', async () => {
    const names = ['one', 'two', 'three']
    const programs = names.map((name) =>
      qanat('add-client', name, '--config', 'server.toml', '-o', `${name}.toml`),
    )
    for (const program of programs) await program.output()
    expect(await qanat('check', 'server.toml').output()).toBe('server.toml: valid, with 4 peers')
    const addresses = names.map((name) => /^address = (.*)$/m.exec(text(`${name}.toml`))![1])
    expect(new Set(addresses).size).toBe(3)
    for (const name of names) expect(text('server.toml')).toContain(`name = "${name}"`)
  })
})

describeWhere(['program strace'], 'qanat add-client that is killed', () => {
  it.each([
    ['before the server knows the client', { call: 'rename', count: 1 }, 1],
    ["before the client's file has its name", { call: 'link', count: 2 }, 2], // the first one is a lock's
  ])(
    '%s leaves no file that says what is not so, and the next run says what is left',
    async (_when, point, peers) => {
      const args = ['add-client', 'phone', '--config', 'server.toml', '-o', 'phone.toml']
      const [strace, ...tracing] = killingAt(point)
      const killed = new Program(strace!, [...tracing, process.execPath, QANAT, ...args], { cwd: folder })
      await killed.ending()
      const draft = join(folder, 'phone.toml.qanat-draft')
      expect([existsSync(join(folder, 'phone.toml')), existsSync(draft)]).toEqual([false, true])
      const known = `server.toml: valid, with ${peers} peer${peers === 1 ? '' : 's'}`
      expect(await qanat('check', 'server.toml').output()).toBe(known)
      await expectRefusal(qanat(...args), [
        'phone.toml.qanat-draft is there',
        "'qanat clients' lists that client",
      ])
      expect(await qanat('check', 'server.toml').output()).toBe(known)
      if (peers === 1) {
        rmSync(draft)
        await qanat(...args).output()
      } else renameSync(draft, join(folder, 'phone.toml'))
      expect(await qanat('check', 'phone.toml').output()).toContain('valid')
      expect(text('server.toml')).toContain(
        publicKeyOf(/^private-key = "(.*)"$/m.exec(text('phone.toml'))![1]!),
      )
    },
  )
})
