/** The bus on which services of the system are reached. */
export const START_BUS = `
  mkdir -p /run/dbus
  dbus-daemon --system --nofork --nopidfile > /run/dbus.log 2>&1 &
  ${until('[ -S /run/dbus/system_bus_socket ]')}`

/** Starts systemd-resolved in the mounts of its package, as systemd does. */
export const START_RESOLVED = `
  systemd-sysusers systemd-resolve.conf
  mkdir -p /run/systemd/resolve
  chown systemd-resolve: /run/systemd/resolve
  ${START_BUS}
  rm /etc/resolv.conf
  ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
  /lib/systemd/systemd-resolved > /run/resolved.log 2>&1 &
  ${until('resolvectl status > /dev/null 2>&1')}`

/** Waits for a command of a shell to succeed, as long as a busy machine may take. */
export function until(command: string): string {
  return `timeout 20 sh -c "until ${command.replaceAll('"', '\\"')}; do sleep 0.05; done"`
}

/** Turns ufw on in the mounts of its package, as its postinst does and an administrator whose ufw owns all chains. */
export const START_UFW = `
  for rules in before before6 after after6 user user6; do cp /usr/share/ufw/$rules.rules /etc/ufw/; done
  cp /usr/share/ufw/ufw.conf /etc/ufw/
  chmod 0640 /etc/ufw/*.rules
  sed -i 's/^MANAGE_BUILTINS=.*/MANAGE_BUILTINS=yes/' /etc/default/ufw
  ufw --force enable
  ufw reload`
