import { once } from 'node:events'
import { chmodSync, existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { roomForSocket, socketFolder, UAPI_FOLDER } from '../../../src/control/uapi/socket-place.js'

describe('socketFolder', () => {
  it.each([
    [0, UAPI_FOLDER, UAPI_FOLDER],
    [65_534, '/run/qanat/a.toml', undefined],
  ])('of user %i is %s for a service, and else %s', (user, ofService, ofOthers) => {
    const own = vi.spyOn(process, 'getuid').mockReturnValue(user)
    expect(socketFolder({ RUNTIME_DIRECTORY: '/run/qanat/a.toml' })).toBe(ofService)
    expect(socketFolder({})).toBe(ofOthers)
    own.mockRestore()
  })
})

describe('roomForSocket', () => {
  it('makes a folder that all may pass and only its owner may change, whatever the umask is', async () => {
    const folder = join(temporaryFolder(), 'wireguard')
    const before = process.umask(0o077)
    try {
      expect(await roomForSocket('wg0', folder)).toBe(join(folder, 'wg0.sock'))
    } finally {
      process.umask(before)
    }
    expect(statSync(folder).mode & 0o777).toBe(0o755)
  })

  it('uses no folder in which others may write', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o775)
    await expect(roomForSocket('wg0', folder)).rejects.toThrow('others may write')
  })

  it('removes what nobody answers at, a link included, but not what it leads to', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'wg0.sock')
    const target = join(folder, 'kept')
    writeFileSync(target, '')
    symlinkSync(target, path)
    expect(await roomForSocket('wg0', folder)).toBe(path)
    expect(existsSync(path)).toBe(false)
    expect(existsSync(target)).toBe(true)
  })

  it('leaves a socket alone at which somebody answers', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'wg0.sock')
    const other = createServer((socket) => socket.destroy()).listen(path)
    await once(other, 'listening')
    try {
      await expect(roomForSocket('wg0', folder)).rejects.toThrow('another process answers')
      expect(existsSync(path)).toBe(true)
    } finally {
      other.close()
    }
  })
})
