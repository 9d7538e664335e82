import { readKeyFile } from '../ciphers/key-file.js'
import { publicKeyOf } from '../ciphers/keys.js'
import { type ConfigFile, readConfigFile } from '../config/config-file.js'
import { filesBeside } from '../config/files.js'
import { located } from '../config/problems.js'
import { runFolder } from '../config/run-folder.js'
import { journalOf } from '../config/run-lock.js'
import { toTunnelConfig } from '../config/to-tunnel-config.js'
import type { TunnelConfig } from '../core/config.js'

/** Reads a file and what it names, and tells what is odd. */
export function readTunnelFile(path: string): { file: ConfigFile; config: TunnelConfig; remarks: string[] } {
  const file = readConfigFile(path, publicKeyOf)
  const config = toTunnelConfig(path, file.model, filesBeside(path, readKeyFile, process.env))
  const journal = journalOf(path, runFolder(process.env))
  const remarks = file.remarks.map((problem) => located(path, problem))
  return { file, config: { ...config, journal }, remarks }
}
