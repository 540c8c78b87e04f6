const prettier = require('eslint-config-prettier')
const vue = require('eslint-plugin-vue')
const { defineConfig, globalIgnores } = require('eslint/config')
const tseslint = require('typescript-eslint')

/** Names no file outside its one home may import; the home is exempted below. */
const homes = {
  sqlite3: 'src-main/db/sqlite.ts',
  '@tensorflow/tfjs': 'src-main/ml/tf.ts',
  '@tensorflow/tfjs-node-gpu': 'src-main/ml/tf.ts',
}
const restricted = { paths: Object.entries(homes).map(([name, home]) => ({ name, message: `Only ${home} names it.` })) }

module.exports = defineConfig(
  globalIgnores(['out/', '.cache/', 'node_modules/', 'resources/', 'test-results/']),
  tseslint.configs.recommended,
  vue.configs['flat/recommended'],
  prettier,
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  {
    files: ['src-*/**/*.{ts,vue}'],
    rules: {
      'no-restricted-imports': ['error', restricted],
      '@typescript-eslint/consistent-type-imports': 'error',
      'vue/multi-word-component-names': 'off',
      // A TypeScript prop with `?` says that it may be undefined.
      'vue/require-default-prop': 'off',
    },
  },
  { files: Object.values(homes), rules: { 'no-restricted-imports': 'off' } },
  {
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  { files: ['eslint.config.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
)
