import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findUser } from '../../../src/native/process/users.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const PROGRAM = join(import.meta.dirname, 'drop-privileges.mjs')
/** CAP_NET_ADMIN as /proc writes it. */
const NET_ADMIN = '0000000000001000'
const NOTHING = '0000000000000000'
const NOBODY = 65_534

const missing = process.getuid?.() === 0 ? nativeMissing : 'not root'

/** Runs the program in a network of its own; `before` is what starts it. */
function drop(user: string, env = {}, before: readonly string[] = []) {
  const command = ['--net', ...before, process.execPath, PROGRAM, user]
  const said = execFileSync('unshare', command, { encoding: 'utf8', env: { ...process.env, ...env } })
  return JSON.parse(said)
}

describe.skipIf(missing)(orSkipped('giving up root', missing), () => {
  it.each([
    ['nobody', NOBODY, NOBODY],
    ['65534', NOBODY, NOBODY],
    ['4711', 4711, 4711], // nobody's number
  ])('leaves CAP_NET_ADMIN in the main thread, nothing in the others: %s', (user, uid, gid) => {
    const { main, threads, child, interface: made } = drop(user)
    const who = { Uid: Array(4).fill(uid).join(' '), Gid: Array(4).fill(gid).join(' '), Groups: String(gid) }
    expect(main).toEqual({ ...who, CapPrm: NET_ADMIN, CapEff: NET_ADMIN })
    expect(threads.length).toBeGreaterThan(8) // libuv's four, V8's and the main one
    for (const thread of threads) {
      expect(thread).toMatchObject(who)
      expect([NET_ADMIN, NOTHING]).toContain(thread.CapPrm)
      expect([NET_ADMIN, NOTHING]).toContain(thread.CapEff)
    }
    expect(child).toEqual({ ...main, bounding: NET_ADMIN, noNewPrivileges: '1' })
    expect(made).toBe('') // ip did as it was told
  })

  it('cannot be undone, and opens no file of root', () => {
    expect(drop('nobody')).toMatchObject({ rootAgain: 'EPERM', shadow: 'EACCES' })
  })

  it('is refused to whoever is not root', () => {
    const { code, message } = drop('nobody', {}, ['setpriv', '--reuid', '4711'])
    expect(code).toBe('ERR_PRIVILEGES')
    expect(message).toBe(
      'Cannot run as user 65534: only root can change users, and this process is user 4711',
    )
  })

  it('is nothing to do for who has CAP_NET_ADMIN alone already', () => {
    const before = ['--reuid', '4711', '--regid', '4711', '--groups', '4711', '--inh-caps', '+net_admin']
    const { main } = drop('4711', {}, ['setpriv', ...before, '--ambient-caps', '+net_admin'])
    expect(main).toMatchObject({ Uid: '4711 4711 4711 4711', CapEff: NET_ADMIN })
  })

  it('fails where a thread would keep more', () => {
    const rights = '+net_admin,+net_raw'
    const before = ['--reuid', '4711', '--inh-caps', rights, '--ambient-caps', rights]
    const { code, message } = drop('4711', {}, ['setpriv', ...before])
    expect(code).toBe('ERR_PRIVILEGES')
    expect(message).toMatch(/^Cannot give up the rights of root: thread \d+ keeps capabilities 0x2000$/)
  })

  it('fails where CAP_NET_ADMIN is not there to be kept', () => {
    const { code, message } = drop('nobody', {}, ['setpriv', '--bounding-set', '-net_admin'])
    expect(code).toBe('ERR_PRIVILEGES')
    expect(message).toContain('keep CAP_NET_ADMIN: the kernel says EPERM')
  })

  it('is refused without koffi', () => {
    expect(drop('nobody', { QANAT_NO_NATIVE: '1' })).toMatchObject({ code: 'ERR_NATIVE' })
  })
})

describe.skipIf(nativeMissing)(orSkipped('findUser', nativeMissing), () => {
  it.each([
    ['no-such-user', "Cannot run as user 'no-such-user': no such user"],
    ['', "Cannot run as user '': no such user"],
    ['root', "Cannot run as user 'root': root keeps every privilege, so choose another user"],
    ['0', "Cannot run as user '0': root keeps every privilege, so choose another user"],
    ['4294967295', "Cannot run as user '4294967295': a user ID is within 0 to 4294967294"],
  ])('refuses %j', (text, message) => {
    expect(() => findUser(text)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_VALUE', message }))
  })
})
