import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { removeRecord } from '../../src/host/undo-resolvconf.js'

const BEFORE = 'nameserver 192.0.2.1\n'
const CHANGE = { kind: 'resolvconf', record: 'tun.q0', before: BEFORE, servers: ['10.0.0.1'] } as const

describe('what resolvconf was told', () => {
  let folder: string
  let resolvConf: string
  beforeEach(() => {
    folder = temporaryFolder()
    resolvConf = join(folder, 'resolv.conf')
    for (const kind of ['interface', 'interfaces', 'keys', 'exclusive']) mkdirSync(join(folder, kind))
    for (const name of ['interface/tun.q0', 'interfaces/tun.q0', 'keys/tun.q0', 'exclusive/0000001 tun.q0'])
      writeFileSync(join(folder, name), '')
    for (const name of ['interfaces/eth0', 'exclusive/0000002 eth0', 'exclusive/0000003 xtun.q0'])
      writeFileSync(join(folder, name), '')
  })

  it('is taken back without it, and of no other record', () => {
    writeFileSync(resolvConf, '# made by resolvconf\nnameserver 10.0.0.1\n')
    removeRecord(CHANGE, resolvConf, folder)
    const left = ['interface', 'interfaces', 'keys', 'exclusive'].map((kind) =>
      readdirSync(join(folder, kind)),
    )
    expect(left).toEqual([[], ['eth0'], [], ['0000002 eth0', '0000003 xtun.q0']])
    expect(readFileSync(resolvConf, 'utf8')).toBe(BEFORE)
    removeRecord(CHANGE, resolvConf, folder)
    expect(readFileSync(resolvConf, 'utf8')).toBe(BEFORE)
  })

  it('leaves a file alone that names other servers, or that is gone', () => {
    const others = 'nameserver 10.0.0.11\n'
    writeFileSync(resolvConf, others)
    removeRecord(CHANGE, resolvConf, folder)
    expect(readFileSync(resolvConf, 'utf8')).toBe(others)
    removeRecord(CHANGE, join(folder, 'gone'), join(folder, 'none'))
    expect(existsSync(join(folder, 'gone'))).toBe(false)
  })
})
