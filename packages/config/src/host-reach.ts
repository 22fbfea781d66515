import { BlockList, isIP, isIPv6 } from 'node:net';

/** Who can reach a host: this machine alone, a private network (a container's, an office's), or everybody. */
export type HostReach = 'loopback' | 'private' | 'public';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('0.0.0.0', 'ipv4'); // "any", which connects to this machine
LOOPBACK.addAddress('::', 'ipv6');
LOOPBACK.addAddress('::1', 'ipv6');

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Names that no public name server knows (RFC 6761, RFC 8375, and what container networks and offices use). */
const PRIVATE_NAME = /\.(local|internal|lan|test|home\.arpa)$/;

/** By the host's text alone; names are not looked up. */
export function hostReach(url: URL): HostReach {
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '');
  if (isIP(host) !== 0) {
    const family = isIPv6(host) ? 'ipv6' : 'ipv4';
    return LOOPBACK.check(host, family) ? 'loopback' : PRIVATE.check(host, family) ? 'private' : 'public';
  }
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  return !host.includes('.') || PRIVATE_NAME.test(host) ? 'private' : 'public';
}
