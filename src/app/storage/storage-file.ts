import fs from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasCode } from '../../core/api/errors.js'
import { readBounded } from '../../native/files/read-bounded.js'
import type { User } from '../../native/process/users.js'

/** Only its owner may enter the folder, and read the file. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** Everybody may pass the folders above, and see nothing in them. */
const PASSABLE = 0o711
/** The permission to pass, for others. */
const PASS = 0o001
/** Opens a folder, which is synced for a new name in it to outlive a power cut. open(2) */
const AS_FOLDER = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY

/** A file in a folder of its tunnel. It is replaced as a whole: after a kill there is the old text or the new one. */
export class StorageFile {
  readonly path: string
  readonly #owner: User | undefined
  /** Whether what is written now counts no more. */
  #isOver = false

  /** @param owner whom the process goes on as; whoever it is if absent */
  constructor(path: string, owner: User | undefined) {
    this.path = path
    this.#owner = owner
  }

  /** Makes its folder, as root that gives up its rights for whom it goes on as. Throws if it is somebody else's. */
  makeFolder(): void {
    const folder = dirname(this.path)
    const above = dirname(folder)
    fs.mkdirSync(above, { recursive: true, mode: PASSABLE })
    fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
    const own = process.getuid!()
    const { uid, gid } = this.#owner ?? { uid: own, gid: process.getgid!() }
    const about = fs.lstatSync(folder)
    if (!about.isDirectory() || (about.uid !== own && about.uid !== uid))
      throw new Error(`${folder} belongs to user ${about.uid}`)
    if (about.uid === own) fs.chmodSync(folder, FOLDER_MODE)
    if (uid === own) return
    fs.lchownSync(folder, uid, gid)
    for (const passed of [above, dirname(above)]) {
      const { mode, uid: owner } = fs.lstatSync(passed)
      if (owner === own && (mode & PASS) === 0) fs.chmodSync(passed, (mode & 0o7777) | PASS)
    }
  }

  /** Its text; undefined if it is not there. Throws if it cannot be read, or has more bytes than `most`. */
  read(most: number): string | undefined {
    try {
      const file = readBounded(this.path, most)
      if (file === undefined) throw new Error(`it is no file of at most ${most} bytes`)
      return file.text
    } catch (thrown) {
      if (hasCode(thrown, ['ENOENT'])) return undefined
      throw thrown
    }
  }

  /** Puts a text in its place, and brings it to the disk. Rejects with the system's error if it cannot. */
  async write(text: string): Promise<void> {
    const draft = this.#draft('next')
    await rm(draft, { force: true }) // a kill may have left it, and it is followed nowhere
    const file = await open(draft, 'wx', FILE_MODE)
    try {
      await file.writeFile(text)
      if (this.#owner !== undefined) await file.chown(this.#owner.uid, this.#owner.gid)
      await file.sync()
    } finally {
      await file.close()
    }
    if (this.#isOver) return
    await rename(draft, this.path)
    const folder = await open(dirname(this.path), AS_FOLDER)
    await folder.sync().finally(() => folder.close())
  }

  /** The same at once, for the last time: what is being written counts no more. */
  writeLast(text: string): void {
    this.#isOver = true
    const draft = this.#draft('last')
    fs.rmSync(draft, { force: true })
    const file = fs.openSync(draft, 'wx', FILE_MODE)
    try {
      fs.writeFileSync(file, text)
      if (this.#owner !== undefined) fs.fchownSync(file, this.#owner.uid, this.#owner.gid)
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(draft, this.path)
    const folder = fs.openSync(dirname(this.path), AS_FOLDER)
    try {
      fs.fsyncSync(folder)
    } finally {
      fs.closeSync(folder)
    }
  }

  #draft(which: string): string {
    return join(dirname(this.path), `.${basename(this.path)}.${which}`)
  }
}
