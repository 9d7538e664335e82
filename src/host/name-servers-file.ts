import { closeSync, constants, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { HostError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { DnsSettings } from '../core/settings/host-settings.js'
import type { Change } from './record/change.js'
import type { Journal } from './record/journal.js'

type NameServersChange = Extract<Change, { kind: 'name-servers' }>

/** Where the C library looks for name servers. resolv.conf(5) */
export const RESOLV_CONF = '/etc/resolv.conf'

/** Files that this process changed, by their paths: it may have dropped the privileges to open them again. */
const opened = new Map<string, number>()

/**
 * Writes whom the host asks into a file in the format of resolv.conf(5). It is written in its place: in a container
 * it is a mount that cannot be replaced, and elsewhere a link that has to stay one.
 *
 * @throws HostError if it cannot be written; it is as before then.
 */
export function changeNameServers(path: string, device: string, dns: DnsSettings, journal: Journal): void {
  const before = read(path)
  const after = textFor(device, dns)
  journal.note({ kind: 'name-servers', before, after })
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
    opened.set(path, file)
    overwrite(file, after)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    throw new HostError(`Cannot write the name servers to ${path}: ${code}`, {
      code: 'ERR_HOST_CHANGE',
      cause: thrown,
    })
  }
}

/** Puts the file back, unless somebody else wrote it meanwhile. */
export function restoreNameServers(path: string, { before, after }: NameServersChange, log: Logger): void {
  const now = read(path)
  const ours = opened.get(path)
  opened.delete(path)
  try {
    if (now === before) return
    // One that could not be written in full is ours, too.
    if (now !== after && !(now !== null && after.startsWith(now))) {
      log.warn('the name server file was changed by another program; leaving it as it is', { path })
      return
    }
    if (before !== null) writeBack(path, ours, before)
    else remove(path, ours)
  } finally {
    if (ours !== undefined) closeSync(ours)
  }
}

/** Without write permission on its folder the file stays, and is empty. */
function remove(path: string, file: number | undefined): void {
  try {
    rmSync(path)
  } catch (thrown) {
    if (file === undefined) throw thrown
    overwrite(file, '')
  }
}

/** By the descriptor if there is one and it still is the file. */
function writeBack(path: string, file: number | undefined, text: string): void {
  const own = file ?? openSync(path, constants.O_RDWR)
  try {
    overwrite(own, text)
  } finally {
    if (file === undefined) closeSync(own)
  }
}

function overwrite(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, undefined, done)
  ftruncateSync(file, bytes.length)
}

function textFor(device: string, { servers, search }: DnsSettings): string {
  const lines = [`# Written by Qanat while ${device} is up; what was here before is put back then.`]
  if (search.length > 0) lines.push(`search ${search.join(' ')}`)
  return [...lines, ...servers.map((server) => `nameserver ${server}`), ''].join('\n')
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
