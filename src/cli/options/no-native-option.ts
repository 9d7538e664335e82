import type { Command } from 'commander'
import { disableNative } from '../../native/base/koffi.js'

/** Adds `--no-native` to a command. */
export function addNoNativeOption(command: Command): void {
  command
    .option('--no-native', 'portable mode: call nothing through koffi; slower, needs tuntap2')
    .on('option:no-native', disableNative)
}
