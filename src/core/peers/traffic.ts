/** What went through, inside the tunnel. A super-packet counts as one packet. */
export interface Traffic {
  sentPackets: number
  sentBytes: number
  receivedPackets: number
  receivedBytes: number
}

export function newTraffic(): Traffic {
  return { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0 }
}

export function countSent(traffic: Traffic, packets: number, bytes: number): void {
  traffic.sentPackets += packets
  traffic.sentBytes += bytes
}

export function countReceived(traffic: Traffic, packets: number, bytes: number): void {
  traffic.receivedPackets += packets
  traffic.receivedBytes += bytes
}
