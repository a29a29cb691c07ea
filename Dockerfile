# One image for every process of Paygraph: docker-compose.yml says which one a container runs.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run generate && npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
RUN mkdir /certificates /keys /rails && chown node /certificates /keys /rails
WORKDIR /app
COPY --from=build --chown=node:node /app /app
USER node
EXPOSE 4000
ENTRYPOINT ["node", "--import", "tsx"]
CMD ["apps/gateway/src/main.ts"]
