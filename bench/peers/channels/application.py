"""
Django Channels with one group a room, as its tutorial has it.
  REDIS_URL  the layer over Redis; else the layer in memory
  LAYER      `pubsub`: the layer over Redis's publish and subscribe
"""
import json
import os
from datetime import datetime, timezone
from urllib.parse import parse_qs

from django.conf import settings

# The default of 100 events would drop most of a busy room.
CAPACITY = 1_000_000

LAYERS = {
    "memory": "channels.layers.InMemoryChannelLayer",
    "redis": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}

redis_url = os.environ.get("REDIS_URL")
layer = {"BACKEND": LAYERS[os.environ.get("LAYER", "redis") if redis_url else "memory"]}
if redis_url:
    layer["CONFIG"] = {"hosts": [redis_url], "capacity": CAPACITY}
else:
    layer["CONFIG"] = {"capacity": CAPACITY}
settings.configure(
    DEBUG=False,
    SECRET_KEY="for the bench alone",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": layer},
)

import django  # noqa: E402

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


class Chat(AsyncWebsocketConsumer):
    async def connect(self):
        self.room = "room." + self.scope["url_route"]["kwargs"]["room"]
        self.sender = parse_qs(self.scope["query_string"].decode())["as"][0]
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()
        await self.send(text_data='{"type":"welcome"}')

    async def receive(self, text_data):
        message = json.loads(text_data)["message"]
        at = datetime.now(timezone.utc).isoformat()
        event = {"type": "chat.message", "sender": self.sender, "message": message, "at": at}
        await self.channel_layer.group_send(self.room, event)

    async def chat_message(self, event):
        frame = {"sender": event["sender"], "message": event["message"], "at": event["at"]}
        await self.send(text_data=json.dumps(frame))

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.room, self.channel_name)


class Calculator(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()
        await self.send(text_data='{"type":"welcome"}')

    async def receive(self, text_data):
        frame = json.loads(text_data)
        one, other = frame["expression"].split("*")
        result = {"expression": frame["expression"], "id": frame["id"], "result": int(one) * int(other)}
        await self.send(text_data=json.dumps(result))


application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(
            [
                path("ws/chat/<room>", Chat.as_asgi()),
                path("ws/calculator", Calculator.as_asgi()),
            ]
        )
    }
)
