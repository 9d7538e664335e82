import type { Command } from 'commander'
import { disableNative } from '../native/koffi.js'

/** The TUN driver that works without koffi. */
const PORTABLE_DRIVER = 'tuntap2'

/** Adds `--no-native` to a command that has `--tun-driver`. */
export function addNoNativeOption(command: Command): void {
  command
    .option('--no-native', 'the portable way: nothing is called through koffi; slower, needs tuntap2')
    .on('option:no-native', () => {
      disableNative()
      if (command.getOptionValueSource('tunDriver') === 'default') {
        command.setOptionValueWithSource('tunDriver', PORTABLE_DRIVER, 'default')
      }
    })
}
