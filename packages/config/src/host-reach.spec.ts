import { hostReach } from './host-reach.js';

test.each([
  ['http://localhost:8080', 'loopback'],
  ['http://shop.localhost', 'loopback'],
  ['http://127.0.0.1', 'loopback'],
  ['http://127.1.2.3', 'loopback'],
  ['http://[::1]:80', 'loopback'],
  ['http://0.0.0.0', 'loopback'],
  ['http://wordpress:8080', 'private'],
  ['http://shop.local', 'private'],
  ['http://shop.test', 'private'],
  ['http://10.1.2.3', 'private'],
  ['http://172.20.0.5', 'private'],
  ['http://192.168.1.4', 'private'],
  ['http://[fd00::5]', 'private'],
  ['https://shop.example.com', 'public'],
  ['https://172.32.0.1', 'public'],
  ['https://local.example', 'public'],
])('%s is %s', (url, reach) => expect(hostReach(new URL(url))).toBe(reach));
