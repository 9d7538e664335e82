import { describe, expect, it } from 'vitest'
import type { AnyModel } from '../../../src/config/schema/model.js'
import type { Asker } from '../../../src/config/trust/asker.js'
import { admitFile } from '../../../src/config/trust/place.js'
import type { Step, Way } from '../../../src/config/trust/way.js'

const OTHER = 999
const CALLER = 1000
const STRANGER = 1001
const FILE = '/etc/qanat/a.toml'

/** A file of somebody, in a folder of somebody. */
function at(uid: number, { mode = 0o600, folder = 0, gid = uid } = {}): Way {
  const folders: Step[] = ['/', '/etc'].map((path) => ({ path, kind: 'folder', uid: 0, gid: 0, mode: 0o755 }))
  const own: Step = { path: '/etc/qanat', kind: 'folder', uid: folder, gid: folder, mode: 0o700 }
  return [...folders, own, { path: FILE, kind: 'file', uid, gid, mode }] as unknown as Way
}

/** Who asks: root, called by somebody. */
const asker: Asker = {
  caller: { uid: 0, gid: 0, trusted: new Set([0, CALLER]) },
  findUser: (name) => ({ uid: Number(name), gid: Number(name) }),
}
/** Another user who runs it without root. */
const unprivileged: Asker = { ...asker, caller: { uid: CALLER, gid: CALLER, trusted: new Set([CALLER]) } }

const HOOKS: AnyModel = { interface: { preUp: ['true'] }, peers: [] }
const PLAIN: AnyModel = { interface: { mtu: 1400 }, peers: [] }
const powers: [string, AnyModel][] = [
  ['hooks', HOOKS],
  ['hooks', { interface: { postDown: ['true'] }, peers: [] }],
  ['plugins', { interface: { plugins: ['./a.js'] }, peers: [] }],
  ['TUN driver', { interface: { tunDriver: 'own' }, peers: [] }],
  ['login browser', { interface: { loginBrowser: 'firefox' }, peers: [] }],
  ['document root', { interface: {}, peers: [], websocket: { documentRoot: '/srv' } }],
  ['key, certificate and PAC files', { interface: { privateKeyFile: 'k' }, peers: [] }],
  ['key, certificate and PAC files', { interface: { keyFile: 'k' }, peers: [] }],
  ['key, certificate and PAC files', { interface: {}, peers: [{ presharedKeyFile: 'k' }] }],
  ['key, certificate and PAC files', { interface: {}, peers: [], tls: { certFile: 'c' } }],
  ['key, certificate and PAC files', { interface: {}, peers: [], tls: { caFile: 'c' } }],
  ['key, certificate and PAC files', { interface: {}, peers: [{ proxy: 'pac+file:proxy.pac' }] }],
]

const admit = (way: Way, model: AnyModel, who = asker) => admitFile('a.toml', way, model, who)

describe.each(powers)('a file with %s', (what, model) => {
  it('is refused where anybody may write it, with the remedy', () => {
    expect(() => admit(at(0, { mode: 0o666 }), model)).toThrow(
      `Cannot use a.toml: its mode is 666, so others may choose its ${what}; run "chmod go-w ${FILE}"`,
    )
    expect(() => admit(at(0, { mode: 0o620 }), model)).toThrow('its mode is 620')
  })

  it('is refused where its folder is open', () => {
    const way = at(0).map((step) => (step.path === '/etc/qanat' ? { ...step, mode: 0o777 } : step))
    expect(() => admit(way as unknown as Way, model)).toThrow(
      'the mode of the folder /etc/qanat is 777, so others may choose its',
    )
  })

  it('is refused where it, or its folder, belongs to the user that the tunnel runs as', () => {
    const user = { ...asker, user: String(OTHER) }
    const why = (path: string) =>
      `${path} belongs to user ${OTHER}, whom the tunnel runs as, who may choose its ${what}`
    expect(() => admit(at(OTHER), model, user)).toThrow(why(FILE))
    expect(() => admit(at(0, { folder: OTHER }), model, user)).toThrow(why('/etc/qanat'))
    const named = { ...model, interface: { ...model.interface, user: String(OTHER) } }
    expect(() => admit(at(OTHER), named)).toThrow(why(FILE))
  })

  it('is refused where several other users can write it', () => {
    expect(() => admit(at(STRANGER, { folder: OTHER }), model)).toThrow(
      `/etc/qanat belongs to user ${OTHER}, who may choose its ${what}`,
    )
  })

  it("is admitted where it is root's", () => {
    expect(admit(at(0), model)).toMatchObject({ hooksAs: undefined, author: undefined, remarks: [] })
  })
})

describe('a file without any of that', () => {
  it.each([[at(0, { mode: 0o666 })], [at(OTHER)], [at(STRANGER, { folder: OTHER })]])(
    'is admitted, whoever may write it',
    (way) => {
      expect(admit(way, PLAIN).remarks).toEqual([])
    },
  )
})

describe('a file on a mount where anybody may write everything, if that is allowed,', () => {
  const allowed = { ...asker, allowWritableFiles: true }
  const mounted = at(0, { mode: 0o777 }).map((step) => ({ ...step, mode: 0o777 })) as unknown as Way

  it('may hold keys and name files of them, as anybody', () => {
    const own = { interface: { privateKey: 'k' }, peers: [] }
    for (const model of [own, ...powers.slice(-6).map(([, model]) => model)]) {
      expect(() => admit(mounted, model)).toThrow('run "chmod go-w /')
      expect(admit(mounted, model, allowed)).toMatchObject({ author: 'anybody', hooksAs: undefined })
    }
  })

  it.each(powers.slice(0, -6))('never has root run, load or serve what it says: %s', (what, model) => {
    expect(() => admit(mounted, model, allowed)).toThrow(`so others may choose its ${what}`)
  })
})

describe('hooks', () => {
  it('run as root in the file of whoever called it, who is warned', () => {
    const { hooksAs, remarks } = admit(at(CALLER), HOOKS)
    expect(hooksAs).toBeUndefined()
    expect(remarks).toEqual([`its hooks run as root, and user ${CALLER} can write them`])
    expect(admit(at(CALLER), PLAIN).remarks).toEqual([])
    expect(admit(at(CALLER), HOOKS, unprivileged).remarks).toEqual([])
  })

  it("run as the owner of any other user's file, never as root", () => {
    expect(admit(at(OTHER), HOOKS)).toMatchObject({ hooksAs: OTHER, author: OTHER })
    expect(admit(at(OTHER, { folder: OTHER }), HOOKS).hooksAs).toBe(OTHER)
    expect(admit(at(0, { folder: OTHER }), HOOKS).hooksAs).toBe(OTHER)
  })

  it('of another user are refused to who is not root, and where root is given up before the end', () => {
    expect(() => admit(at(OTHER), HOOKS, unprivileged)).toThrow("only root can run that user's hooks")
    expect(() => admit(at(STRANGER), HOOKS, { ...asker, user: String(OTHER) })).toThrow(
      `user ${OTHER} cannot run that user's hooks at the end`,
    )
  })

  it('are the own ones where the process is the user of the file already', () => {
    const own = { ...unprivileged, user: String(CALLER) }
    expect(admit(at(CALLER), HOOKS, own)).toMatchObject({ hooksAs: undefined, author: undefined })
  })
})

it.each([powers[2]!, powers[4]!])(
  'refuses %s of another user, which root would run or serve',
  (what, model) => {
    expect(() => admit(at(OTHER), model)).toThrow(
      `${FILE} belongs to user ${OTHER}, who may not say what this process does (${what}); run "chown 0 ${FILE}"`,
    )
  },
)

describe('keys in a file', () => {
  const keys: AnyModel = { interface: { privateKey: 'k' }, peers: [] }

  it("may be read by the group of the tunnel's user, and by the process's", () => {
    const way = (gid: number) => at(0, { mode: 0o640, gid })
    expect(admit(way(0), keys)).toBeDefined()
    expect(() => admit(way(OTHER), keys)).toThrow('others may read its keys')
    expect(admit(way(OTHER), keys, { ...asker, user: String(OTHER) }).readers.groups).toContain(OTHER)
    expect(admit(way(STRANGER), keys, { ...asker, allowReadableKeys: true })).toBeDefined()
  })

  it('count by the user of an option before that of the file', () => {
    const named = { ...keys, interface: { ...keys.interface, user: String(STRANGER) } }
    const way = at(0, { mode: 0o640, gid: OTHER })
    expect(admit(way, named, { ...asker, user: String(OTHER) })).toBeDefined()
    expect(() => admit(way, named)).toThrow('others may read its keys')
  })

  it('are checked also where this host does not know the user', () => {
    const findUser = () => {
      throw new Error('no such user')
    }
    expect(() => admit(at(0, { mode: 0o640, gid: OTHER }), keys, { ...asker, user: 'x', findUser })).toThrow(
      'others may read its keys',
    )
  })
})
