# Builds the client once and keeps only what the server needs.
FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node: the one that npm installs is for machines with an older. (Leaving out all that is optional
# would leave out esbuild's binary, which the evaluator is bundled with, and sharp, which makes pictures of people.)
RUN npm ci --omit=dev && rm -rf node_modules/node-linux-* node_modules/.bin/node
COPY . .
RUN npm run build

FROM node:26-bookworm-slim
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/bin ./bin
COPY --from=build --chown=root:root /app/src ./src
COPY --from=build --chown=root:root /app/views ./views
COPY --from=build --chown=root:root /app/public ./public
COPY --from=build --chown=root:root /app/examples ./examples
# One start, by the user of all later ones, leaves what it compiled and bundled for them; then nobody can change that any more.
RUN mkdir -p /data node_modules/.cache && chown node:node /data node_modules/.cache \
  && setpriv --reuid=node --regid=node --clear-groups env HOST=127.0.0.1 PORT=0 DATA_DIR=/tmp/first timeout --preserve-status 10 node src/main.ts \
  && rm -rf /tmp/* && chown -R root:root node_modules/.cache
USER node
ENV HOST=0.0.0.0 DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, which passes no signal on.
CMD ["node", "src/main.ts"]
