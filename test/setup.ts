// tsyringe needs the Reflect polyfill before any decorated class is loaded.
import 'reflect-metadata'
import { afterAll } from 'vitest'
import { removeTemporaryFolders } from '../lab/temporary-folder.js'

afterAll(removeTemporaryFolders)
