import { localPath } from './local-path.js';

describe('where a log-in leads', () => {
  it.each(['/board', '/board/queue/send-order?status=failed', '/'])('%s is a path of ours', (path) => {
    expect(localPath(path)).toBe(path);
  });

  it.each([
    'https://other.example/',
    '//other.example/',
    '/\\other.example',
    '/\t/other.example',
    '/.//other.example',
    '/a/..//other.example',
    'javascript:alert(1)',
    'board',
    '',
  ])('%j leads elsewhere, or nowhere', (path) => {
    expect(localPath(path)).toBeNull();
  });
});
