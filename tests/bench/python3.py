"""Work for python3: objects, dictionaries, strings, JSON, classes."""
import json
import re


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right


def tree(depth):
    return Node(tree(depth - 1), tree(depth - 1)) if depth else None


for _ in range(4):
    tree(13)
text = " ".join(f"word{i * 7919 % 10007}" for i in range(60000))
count = {}
for word in text.split():
    count[word] = count.get(word, 0) + 1
value = [{"n": i, "list": list(range(i % 30)), "text": "t" * (i % 50)}
         for i in range(5000)]
for _ in range(2):
    value = json.loads(json.dumps(value))
print(len(count), len(re.sub(r"(\w)(\d+)", r"\2\1", text)), len(value))
