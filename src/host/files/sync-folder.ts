import { closeSync, constants, fsyncSync, openSync } from 'node:fs'

/** Brings the names in a folder to the disk. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
