// tsyringe needs the Reflect polyfill before any decorated class is loaded.
import 'reflect-metadata'
import { afterAll, vi } from 'vitest'
import { removeTemporaryFolders, temporaryFolder } from '../lab/temporary-folder.js'

// What tunnels of tests put aside of their hosts lies where their other files do.
process.env.STATE_DIRECTORY = temporaryFolder()

// Files of unit tests share processes.
afterAll(() => {
  removeTemporaryFolders()
  vi.unstubAllEnvs()
  vi.useRealTimers()
})
