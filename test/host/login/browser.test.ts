import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { browserEnvironment, browserPath, browserUser } from '../../../src/host/login/browser.js'

const ALICE = { gid: 1001, known: { name: 'alice', home: '/home/alice' } }
const nobodyElse = () => false

describe('the browser of a login', () => {
  it('runs as the user who called sudo, by what the system knows of that user', () => {
    const environment = { SUDO_UID: '1000', SUDO_GID: '0', SUDO_USER: 'root' }
    expect(browserUser(environment, 0, () => ALICE)).toEqual({ uid: 1000, gid: 1001, ...ALICE.known })
  })

  it.each([undefined, '', '0', '00', '-1', '1000x', '99999999999'])(
    'never runs as root: SUDO_UID=%s',
    (text) => {
      expect(() => browserUser({ SUDO_UID: text }, 0, () => ALICE)).toThrow(
        /no browser runs as root; call it by 'sudo'/,
      )
    },
  )

  it('takes root to be started, and a user whom the system knows', () => {
    expect(() => browserUser({ SUDO_UID: '1000' }, 1000, () => ALICE)).toThrow(
      /that takes root; try again with sudo/,
    )
    expect(() => browserUser({ SUDO_UID: '1000' }, 0, () => ({ gid: 1 }))).toThrow(/user 1000.* is not known/)
    const fails = () => {
      throw new Error('no room')
    }
    expect(() => browserUser({ SUDO_UID: '1000' }, 0, fails)).toThrow(/cannot be looked up: no room/)
  })

  it('is given the window system of its user, a home of its own, and nothing else', () => {
    const user = { uid: 1000, gid: 1001, ...ALICE.known }
    const own = {
      HOME: '/dev/shm/home',
      TMPDIR: '/dev/shm/home',
      USER: 'alice',
      LOGNAME: 'alice',
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
    }
    const environment = {
      HTTPS_PROXY: 'http://u:p@proxy',
      LD_PRELOAD: '/tmp/x.so',
      PATH: '/tmp',
      HOME: '/root',
      DISPLAY: ':0',
      LANG: 'de_DE.UTF-8',
      LC_ALL: '',
    }
    expect(browserEnvironment(user, environment, nobodyElse)).toEqual({
      ...own,
      DISPLAY: ':0',
      LANG: 'de_DE.UTF-8',
    })
    expect(browserEnvironment(user, { XAUTHORITY: '/run/x' }, () => true)).toEqual({
      ...own,
      XDG_RUNTIME_DIR: '/run/user/1000',
      WAYLAND_DISPLAY: 'wayland-0',
      XAUTHORITY: '/run/x',
    })
  })

  it('is found by its name or path, or else named with the setting', () => {
    const folder = temporaryFolder()
    const path = join(folder, 'fox')
    writeFileSync(path, '')
    expect(() => browserPath('fox', [folder])).toThrow(
      "Cannot start the browser 'fox': it is not installed; set 'login-browser' in [interface]",
    )
    chmodSync(path, 0o755)
    expect(browserPath('fox', ['/nowhere', folder])).toBe(path)
    expect(browserPath(path, [])).toBe(path)
    expect(() => browserPath(folder, [])).toThrow('it is not installed')
  })
})
