/** What a system is measured by. A figure is absent if it could not be had. */
export type Figures = Partial<Record<MetricKey, number>>

export type MetricKey =
  | 'tcp'
  | 'tcp4'
  | 'reverse'
  | 'both'
  | 'cpu'
  | 'udp64'
  | 'udp512'
  | 'udp1200'
  | 'cpu64'
  | 'idle50'
  | 'idle99'
  | 'warm50'
  | 'pinned50'
  | 'pinned99'
  | 'load50'
  | 'load99'
  | 'memory'
  | 'connect'
  | 'overNode'
  | 'first'
  | 'rested'
  | 'steady'

/** How a figure is written, and which is better. */
export interface Metric {
  readonly key: MetricKey
  readonly title: string
  readonly unit: string
  readonly digits: number
  readonly better: 'more' | 'less'
  /** What it is, for readers. */
  readonly summary: string
}

const metric = (
  key: MetricKey,
  title: string,
  unit: string,
  digits: number,
  better: Metric['better'],
  summary: string,
): Metric => ({ key, title, unit, digits, better, summary })

/** In the order of the tables. */
export const METRICS: readonly Metric[] = [
  metric('tcp', 'TCP 1', 'Mbit/s', 0, 'more', 'one TCP stream, near to far'),
  metric('tcp4', 'TCP 4', 'Mbit/s', 0, 'more', 'four TCP streams'),
  metric('reverse', 'reverse', 'Mbit/s', 0, 'more', 'one TCP stream, far to near'),
  metric('both', 'both', 'Mbit/s', 0, 'more', 'one TCP stream each way, together'),
  metric('cpu', 'CPU', 's/GB', 2, 'less', "both ends' CPU time for a gigabyte of one TCP stream"),
  metric('udp64', '64 B', 'kpps', 1, 'more', 'UDP packets of 64 bytes received'),
  metric('udp512', '512 B', 'kpps', 1, 'more', 'UDP packets of 512 bytes received'),
  metric('udp1200', '1200 B', 'kpps', 1, 'more', 'UDP packets of 1200 bytes received'),
  metric('cpu64', 'CPU 64 B', 'µs/p', 1, 'less', "both ends' CPU time for each 64-byte packet received"),
  metric('idle50', 'ping p50', 'ms', 3, 'less', 'round trip of pings every 10 ms, fresh tunnel, median'),
  metric('idle99', 'p99', 'ms', 3, 'less', 'the same, 99th percentile'),
  metric('warm50', 'warm p50', 'ms', 3, 'less', 'median of such pings after 20,000 in a flood'),
  metric(
    'pinned50',
    'pinned p50',
    'ms',
    3,
    'less',
    'median of such pings, fresh tunnel, each host on a CPU of its own',
  ),
  metric('pinned99', 'p99', 'ms', 3, 'less', 'the same, 99th percentile'),
  metric('load50', 'loaded p50', 'ms', 2, 'less', 'round trip beside one TCP stream, median'),
  metric('load99', 'p99', 'ms', 2, 'less', 'the same, 99th percentile'),
  metric('memory', 'memory', 'MB', 0, 'less', 'peak of the larger end (VmHWM)'),
  metric('connect', 'connect', 'ms', 0, 'less', "from the near end's start to the first answered ping"),
  metric(
    'overNode',
    'over node',
    'ms',
    0,
    'less',
    'connect without what `node -e 0` takes, measured just before',
  ),
  metric(
    'first',
    'first s',
    'Mbit/s',
    0,
    'more',
    'one TCP stream, its first second, begun at the first answered ping',
  ),
  metric('rested', 'at 2 s', 'Mbit/s', 0, 'more', 'the same, begun 2 s after the first answered ping'),
  metric('steady', 'steady', 'Mbit/s', 0, 'more', 'one TCP stream from its third second on'),
]
