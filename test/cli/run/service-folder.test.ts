import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { down } from '../../../src/cli/actions/down.js'
import { refusedBy } from '../../../src/cli/run/service-folder.js'
import { journalOf } from '../../../src/control/run-lock.js'
import { dropPrivileges } from '../../../src/native/process/drop-privileges.js'
import { findGroup } from '../../../src/native/process/groups.js'
import { temporaryFile } from '../../support/temporary-file.js'

const roots = vi.hoisted(() => ({ folder: '' }))
vi.mock('../../../src/control/run-folder.js', async (original) => ({
  ...(await original<typeof import('../../../src/control/run-folder.js')>()),
  get ROOTS_FOLDER() {
    return roots.folder
  },
}))
vi.mock(import('../../../src/native/process/drop-privileges.js'), async (original) => ({
  ...(await original()),
  dropPrivileges: vi.fn(() => {
    throw new Error('given up')
  }),
}))

const SERVICE = { uid: 54_001, gid: 54_002 }
const CONTROL_GROUP = 54_711
/** What its members may do with a service's folder. */
const LOOK_INTO = 0o750

let file: string
let service: string
beforeEach(() => {
  roots.folder = temporaryFolder()
  vi.stubEnv('RUNTIME_DIRECTORY', roots.folder)
  file = temporaryFile('hub.toml', '')
  service = join(roots.folder, 'hub.toml')
  mkdirSync(service)
  chmodSync(service, LOOK_INTO)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

it.runIf(process.getuid?.() === 0)(
  "root undoes what a killed service noted with the group of its journal, not with the control-group's that its folder has",
  async () => {
    const journal = journalOf(file, service)
    writeFileSync(journal, '')
    chownSync(journal, SERVICE.uid, SERVICE.gid)
    chownSync(service, SERVICE.uid, CONTROL_GROUP)
    await expect(down(file)).rejects.toThrow('given up')
    expect(vi.mocked(dropPrivileges).mock.calls).toEqual([[SERVICE]])
  },
)

describe('who is refused a tunnel that a service runs, or has left something of', () => {
  const own = process.getegid!()
  beforeEach(() => void vi.spyOn(process, 'getuid').mockReturnValue(54_003))

  it('is told to try as root if he is in its group already', () => {
    const asRoot = `Cannot end the tunnel of ${file}: a service runs it, or has left something of it; try again as root`
    expect(refusedBy(file, 'end')?.message).toBe(asRoot)
    vi.spyOn(process, 'getegid').mockReturnValue(54_003)
    vi.spyOn(process, 'getgroups').mockReturnValue([own])
    expect(refusedBy(file, 'end')?.message).toBe(asRoot)
  })

  it('is told to join its group if he is in another', () => {
    vi.spyOn(process, 'getegid').mockReturnValue(54_003)
    vi.spyOn(process, 'getgroups').mockReturnValue([54_004])
    const { name } = findGroup(String(own))!
    expect(refusedBy(file)?.message).toContain(`"sudo usermod -a -G ${name} $USER" makes you one`)
  })
})
