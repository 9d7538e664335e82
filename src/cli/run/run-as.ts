import { chownSync, existsSync } from 'node:fs'
import type { Logger } from '../../core/api/logger.js'
import { keepNoted } from '../../host/record/journal.js'
import { checkMayDrop, dropPrivileges } from '../../native/process/drop-privileges.js'
import { forbidCores } from '../../native/process/forbid-cores.js'
import { findUser, type User } from '../../native/process/users.js'
import { keepCode } from '../begin/code-cache.js'

/** Files of a run that become the user's. */
export interface RunFiles {
  /** Those that are there for as long as they hold something, or somebody listens. */
  readonly files: readonly string[]
  /** The one among them that tells what has to be undone. */
  readonly journal: string | undefined
}

/** Lets the process go on as another user. */
export class RunAs {
  readonly #name: string
  readonly #user: User
  readonly #files: RunFiles | undefined

  /**
   * Finds out whether the process can go on as this user, a name or a number; nothing is changed yet.
   *
   * @throws QanatError if it cannot.
   */
  constructor(name: string, files?: RunFiles) {
    this.#name = name
    this.#user = findUser(name)
    this.#files = files
    checkMayDrop(this.#user)
  }

  get user(): User {
    return this.#user
  }

  /**
   * Drops root, but keeps CAP_NET_ADMIN.
   *
   * @throws QanatError ERR_PRIVILEGES if that fails; then the process must end.
   */
  giveUpRoot(log: Logger): void {
    if (this.#files !== undefined) this.#handOver(this.#files)
    keepCode() // whose folder is root's
    dropPrivileges(this.#user)
    forbidCores() // the kernel allows some of it again where users change
    log.info('dropped root, keeping CAP_NET_ADMIN', { user: this.#name, ...this.#user })
  }

  /** Files that the process goes on to write are the user's from now on: their readers know whose word it is. */
  #handOver({ files, journal }: RunFiles): void {
    const { uid, gid } = this.#user
    if (journal !== undefined) keepNoted(journal)
    for (const file of files) if (existsSync(file)) chownSync(file, uid, gid)
  }
}
