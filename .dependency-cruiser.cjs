/** Imports point inwards: apps → operations → handoff, intake → stock → ledger, queues, clients, budget → core. */
const inner = (name, allowed) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `packages/${name} may import only: ${allowed.join(', ') || 'nothing of the house'}`,
  from: { path: `^packages/${name}/src`, pathNot: '\\.spec\\.ts$|/testing-world\\.ts$' },
  to: { path: '^(packages|apps)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
});
const clients = ['ledger', 'queues', 'budget', 'hft71', 'woocommerce', 'observability'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-never-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    { name: 'packages-never-import-apps', severity: 'error', from: { path: '^packages/' }, to: { path: '^apps/' } },
    {
      name: 'the-sandbox-imports-none-of-the-product',
      severity: 'error',
      comment: 'It must be able to disagree with the product.',
      from: { path: '^apps/sandbox/' },
      to: { path: '^packages/' },
    },
    {
      name: 'core-does-no-io',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: '^(node:)?crypto$|node_modules/zod' },
    },
    {
      name: 'one-public-face',
      severity: 'error',
      comment: 'A package is used through its index, never by a deep import.',
      from: { path: '^(apps|packages)/([^/]+)/' },
      to: { path: '^packages/([^/]+)/(src|dist)/(?!index\\.)', pathNot: '^packages/$2/' },
    },
    inner('core', []),
    inner('config', ['core']),
    inner('observability', ['core']),
    inner('ledger', ['core']),
    inner('queues', ['core']),
    inner('budget', ['core']),
    inner('http', ['core']),
    inner('hft71', ['core', 'http']),
    inner('woocommerce', ['core', 'http']),
    inner('handoff', ['core', ...clients]),
    inner('stock', ['core', ...clients]),
    inner('intake', ['core', 'stock', ...clients]),
    inner('operations', ['core', 'config', 'handoff', 'intake', 'stock', ...clients]),
    inner('local-servers', []),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/generated/|^(apps|packages)/[^/]+/dist/(?!index\.(js|d\.ts)$)' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default', 'types'] },
  },
};
